import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { panelState, useBarrier, useEndpoint } from '../../../ui/data.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { When } from '../../../ui/when.tsx';
import { identityContract } from '../contract.ts';
import type { User } from '../schema.ts';
import { NewUserDialog } from './new-user.tsx';
import { UserDialog } from './user.tsx';

const COLUMNS: readonly DataColumn<User>[] = [
  { id: 'name', head: 'signs in as', value: (each) => each.name, width: 170, grow: true, narrow: 'name' },
  { id: 'shown', head: 'shown as', value: (each) => each.display_name, width: 170, grow: true },
  {
    id: 'role',
    head: 'role everywhere',
    value: (each) => each.role ?? 'only in projects',
    width: 140,
    narrow: 'end',
  },
  {
    id: 'kind',
    head: 'kind',
    value: (each) => (each.kind === 'service' ? 'service account' : 'person'),
    width: 130,
  },
  {
    id: 'state',
    head: 'may sign in',
    value: (each) => (each.disabled ? 'no, disabled' : each.kind === 'service' ? 'by token' : 'yes'),
    width: 120,
  },
  {
    id: 'seen',
    head: 'last seen',
    value: (each) => each.last_seen_at,
    cell: (each) => (each.last_seen_at === null ? 'never' : <When at={each.last_seen_at} clock="wall" />),
    width: 120,
  },
];

/** Everybody who can sign in to this server, and service accounts: what `rondo users` does, on a page. */
export function Users() {
  const barrier = useBarrier('admin');
  const [adding, add] = useState(false);
  const [chosen, choose] = useState<string>();
  const answer = useEndpoint(identityContract.listUsers, barrier ? undefined : {});
  const users = answer.data?.users ?? [];
  const user = users.find((each) => each.name === chosen);
  if (barrier) return <p className="r-serif">Users are not shown. {barrier}</p>;
  return (
    <>
      <Panel
        title="Users"
        note="of this server, whatever project"
        actions={<Action onClick={() => add(true)}>Add a user</Action>}
        state={panelState(answer, {
          rows: 3,
          empty: (data) =>
            data.users.length === 0 ? (
              <p className="r-serif">
                There is no user yet; whoever has the server token is its admin. Add the first: an admin, so
                that somebody can add the others; or{' '}
                <code className="r-code">rondo users add NAME --role admin</code>.
              </p>
            ) : undefined,
        })}
      >
        <DataTable
          label="Users of this server"
          rows={users}
          columns={COLUMNS}
          rowId={(each) => each.name}
          onOpen={(each) => choose(each.name)}
          fixedColumns
        />
      </Panel>
      {user ? <UserDialog user={user} onClose={() => choose(undefined)} /> : null}
      {adding ? <NewUserDialog onClose={() => add(false)} /> : null}
    </>
  );
}
