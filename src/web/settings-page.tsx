import { Members } from '../domains/identity/pages/members.tsx';
import { Password } from '../domains/identity/pages/password.tsx';
import { Users } from '../domains/identity/pages/users.tsx';
import { Tokens } from '../domains/identity/pages/tokens.tsx';
import { Webhooks } from '../domains/registry/pages/webhooks.tsx';
import { serverContract } from '../server/contract.ts';
import { panelState, useEndpoint } from '../ui/data.tsx';
import { Facts } from '../ui/facts.tsx';
import { PageFrame } from '../ui/page-frame.tsx';
import { Panel } from '../ui/panel.tsx';
import { usePlace } from '../ui/place.ts';
import { duration } from '../lib/table.ts';

const TABS = ['members', 'users', 'tokens', 'webhooks', 'server'] as const;

/** Who may what in a project, the tokens of the person at the screen, who hears the registry, and the server. */
export function Settings() {
  const { project, search, hrefWith } = usePlace();
  const tab = TABS.find((each) => each === search.tab) ?? 'members';
  return (
    <PageFrame
      title="Settings"
      tabs={[
        { id: 'members', label: 'Members', href: hrefWith({ tab: undefined }) },
        { id: 'users', label: 'Users', href: hrefWith({ tab: 'users' }) },
        { id: 'tokens', label: 'Tokens', href: hrefWith({ tab: 'tokens' }) },
        { id: 'webhooks', label: 'Webhooks', href: hrefWith({ tab: 'webhooks' }) },
        { id: 'server', label: 'Server', href: hrefWith({ tab: 'server' }) },
      ]}
      tab={tab}
    >
      {tab === 'members' ? <Members project={project} /> : null}
      {tab === 'users' ? <Users /> : null}
      {tab === 'tokens' ? (
        <div className="r-stack">
          <Tokens project={project} />
          <Password />
        </div>
      ) : null}
      {tab === 'webhooks' ? <Webhooks project={project} /> : null}
      {tab === 'server' ? <ServerPanel /> : null}
    </PageFrame>
  );
}

function ServerPanel() {
  const answer = useEndpoint(serverContract.getStatus, {});
  const status = answer.data;
  return (
    <Panel title="This server" state={panelState(answer, { rows: 4 })}>
      <Facts
        rows={[
          ['Version', status?.version],
          ['Database', status?.database === 'postgres' ? 'PostgreSQL' : 'SQLite'],
          ['Gateway', status?.gateway ?? 'not started'],
          ['Up for', status && duration(status.uptime_s * 1000)],
        ]}
      />
    </Panel>
  );
}
