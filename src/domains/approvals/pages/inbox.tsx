import type { ComponentType } from 'react';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { approvalsContract } from '../contract.ts';
import type { Approval, ApprovalKind } from '../schema.ts';
import { Decision } from './decision.tsx';
import { Decided } from './decided.tsx';
import { inboxLead } from './inbox-words.ts';
import { RequestLine } from './request-line.tsx';

/** Shows what a request would change; each room brings the panel of its kind. */
export type SubjectPanel = ComponentType<{ approval: Approval }>;

export interface InboxProps {
  panels: Partial<Record<ApprovalKind, SubjectPanel>>;
}

/** What waits for a person, over all projects. The change is shown before the button that lets it happen. */
export function Inbox({ panels }: InboxProps) {
  const { search, hrefWith } = usePlace();
  const done = search.tab === 'done';
  const answer = useEndpoint(approvalsContract.listApprovals, { query: { limit: 500 } });
  const all = answer.data?.approvals ?? [];
  const open = all.filter((each) => each.state === 'open');
  const checking = all.filter((each) => each.state === 'checking');
  const over = all.filter((each) => each.state !== 'open' && each.state !== 'checking');
  return (
    <PageFrame
      title="Inbox"
      lead={answer.data ? inboxLead(open.length, checking.length) : undefined}
      tabs={[
        {
          id: 'open',
          label: 'Needs you',
          href: hrefWith({ tab: undefined, id: undefined }),
          count: open.length,
        },
        { id: 'done', label: 'Done', href: hrefWith({ tab: 'done', id: undefined }) },
      ]}
      tab={done ? 'done' : 'open'}
    >
      {done ? (
        <Panel state={panelState(answer, { rows: 6 })}>
          <Decided approvals={over} />
        </Panel>
      ) : (
        <Panel state={panelState(answer, { rows: 3 })}>
          <Waiting open={open} checking={checking} chosen={Number(search.id)} panels={panels} />
        </Panel>
      )}
    </PageFrame>
  );
}

function Waiting({
  open,
  checking,
  chosen,
  panels,
}: {
  open: readonly Approval[];
  checking: readonly Approval[];
  chosen: number;
  panels: InboxProps['panels'];
}) {
  const current = [...open, ...checking].find((each) => each.id === chosen) ?? open[0] ?? checking[0];
  if (!current) return null;
  const Subject = panels[current.kind];
  return (
    <div className="r-stack">
      <ul className="r-list" aria-label="Requests">
        {[...open, ...checking].map((each) => (
          <RequestLine key={each.id} approval={each} current={each.id === current.id} />
        ))}
      </ul>
      <Decision key={current.id} approval={current}>
        {Subject ? <Subject approval={current} /> : <Raw approval={current} />}
      </Decision>
    </div>
  );
}

/** A kind without a panel of its own: the payload as it was filed. */
const Raw = ({ approval }: { approval: Approval }) => (
  <pre className="r-code r-scroll-x" tabIndex={0}>
    {JSON.stringify(approval.payload, null, 2)}
  </pre>
);
