import type { Approval } from '../../approvals/schema.ts';
import { servingContract } from '../../serving/contract.ts';
import { Change, type Endpoint } from '../../serving/schema/control.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DiffView } from '../../../ui/diff-view.tsx';
import { GateList } from '../../../ui/gate-list.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { releasesContract } from '../contract.ts';
import { gateLines, gatesText } from '../pages/release-words.ts';

/** What a promotion request changes: traffic before and after, and how the gates judged the version. */
export function PromotionChange({ approval }: { approval: Approval }) {
  const parsed = Change.safeParse(approval.payload.change);
  const change = parsed.success ? parsed.data : undefined;
  const inProject = { params: { project: approval.project } };
  const endpoints = useEndpoint(servingContract.listEndpoints, inProject);
  const promotions = useEndpoint(releasesContract.listPromotions, inProject);
  const promotion = promotions.data?.promotions.find(
    (each) => each.approval === approval.id || each.id === approval.payload.promotion,
  );
  if (!change) return <Alias approval={approval} />;
  const now = endpoints.data?.endpoints.find((each) => each.name === change.endpoint);
  return (
    <>
      <Panel title="What changes" state={panelState(endpoints, { rows: 3 })}>
        <DiffView kind="fields" before="now" after="after your yes" rows={rowsOf(change, now)} />
      </Panel>
      <Panel
        title="Gates"
        note={promotion ? gatesText(promotion.gates) : undefined}
        state={panelState(promotions, { rows: 4 })}
      >
        {promotion && promotion.gates.length > 0 ? (
          <GateList label="Gates of this promotion" gates={gateLines(approval.project, promotion.gates)} />
        ) : (
          <p className="r-prose">No gate has been judged for this request yet.</p>
        )}
      </Panel>
    </>
  );
}

function rowsOf(change: Change, now: Endpoint | undefined) {
  const arm = (name: 'champion' | 'candidate') => {
    const found = now?.arms.find((each) => each.arm === name);
    return found ? `${found.model} v${found.version}, ${Math.round(found.weight * 1000) / 10}%` : 'nobody';
  };
  const after = afterOf(change, arm('champion'), arm('candidate'));
  return [
    {
      key: 'environment',
      before: now?.environment ?? 'new',
      after: change.kind === 'deploy' ? change.deploy.environment : now?.environment,
      changed: !now,
    },
    {
      key: `champion of ${change.endpoint}`,
      before: arm('champion'),
      after: after.champion,
      changed: arm('champion') !== after.champion,
    },
    {
      key: `candidate of ${change.endpoint}`,
      before: arm('candidate'),
      after: after.candidate,
      changed: arm('candidate') !== after.candidate,
    },
    {
      key: 'predictions so far',
      before: (now?.predictions ?? 0).toLocaleString('en-US'),
      after: 'kept',
      changed: false,
    },
  ];
}

function afterOf(
  change: Change,
  champion: string,
  candidate: string,
): { champion: string; candidate: string } {
  if (change.kind !== 'deploy') return { champion, candidate: 'nobody' };
  const { model, version, traffic, shadow } = change.deploy;
  if (traffic === 1 && !shadow) return { champion: `${model} v${version}, 100%`, candidate: 'nobody' };
  const share = shadow && traffic === 1 ? 'shadow, answers nobody' : `${Math.round(traffic * 1000) / 10}%`;
  return {
    champion,
    candidate: candidate === `${model} v${version}, ${share}` ? candidate : `${model} v${version}, ${share}`,
  };
}

/** A move of a registry alias that stands for an environment. */
function Alias({ approval }: { approval: Approval }) {
  const rows = Object.entries((approval.payload.alias ?? approval.payload) as Record<string, unknown>);
  return (
    <Panel title="What changes">
      <DiffView
        kind="fields"
        before="now"
        after="after your yes"
        rows={rows.map(([key, value]) => ({
          key: key.replaceAll('_', ' '),
          after: String(value),
          changed: true,
        }))}
      />
    </Panel>
  );
}
