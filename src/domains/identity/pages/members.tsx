import { Modal, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { panelState, useAct, useBarrier, useEndpoint, useMe } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { When } from '../../../ui/when.tsx';
import { identityContract } from '../contract.ts';
import { type Member, ProjectRole } from '../schema.ts';
import { roleChange } from './role-words.ts';

const COLUMNS: readonly DataColumn<Member>[] = [
  { id: 'user', head: 'who', value: (each) => each.display_name, width: 200, grow: true, narrow: 'name' },
  { id: 'role', head: 'role', value: (each) => each.role, width: 100, narrow: 'end' },
  {
    id: 'source',
    head: 'from',
    value: (each) => (each.source === 'server' ? 'the server, everywhere' : 'this project'),
    width: 180,
  },
  {
    id: 'kind',
    head: 'kind',
    value: (each) =>
      `${each.kind === 'service' ? 'service account' : 'person'}${each.disabled ? ', disabled' : ''}`,
    width: 150,
  },
  {
    id: 'seen',
    head: 'last seen',
    value: (each) => each.last_seen_at,
    cell: (each) => (each.last_seen_at === null ? 'never' : <When at={each.last_seen_at} clock="wall" />),
    width: 120,
  },
];

/** Who is what in a project. */
export function Members({ project }: { project: string }) {
  const reading = useBarrier('edit');
  const [chosen, choose] = useState<Member | 'new'>();
  const because = useBarrier('admin');
  const answer = useEndpoint(identityContract.listMembers, reading ? undefined : { params: { project } });
  if (reading) return <p className="r-serif">Members are not shown. {reading}</p>;
  return (
    <>
      <Panel
        title="Members"
        actions={
          <Action because={because} onClick={() => choose('new')}>
            Add a member
          </Action>
        }
        state={panelState(answer, {
          rows: 3,
          empty: (data) =>
            data.members.length === 0 ? (
              <p className="r-serif">
                Nobody has a role here yet. An admin of the server adds users under Users, or with{' '}
                <code className="r-code">rondo users add NAME</code>.
              </p>
            ) : undefined,
        })}
      >
        <DataTable
          label={`Members of ${project}`}
          rows={answer.data?.members ?? []}
          columns={COLUMNS}
          rowId={(each) => each.user}
          onOpen={(each) => (because ? undefined : choose(each))}
          fixedColumns
        />
      </Panel>
      {chosen ? (
        <RoleDialog
          project={project}
          member={chosen === 'new' ? undefined : chosen}
          onClose={() => choose(undefined)}
        />
      ) : null}
    </>
  );
}

function RoleDialog({
  project,
  member,
  onClose,
}: {
  project: string;
  member: Member | undefined;
  onClose: () => void;
}) {
  const me = useMe();
  const [user, setUser] = useState(member?.user ?? '');
  const [role, setRole] = useState<ProjectRole>(member?.role ?? 'viewer');
  const save = useAct(identityContract.setMember, (after) => {
    onClose();
    return `${after.display_name} is ${after.role} in ${project}.`;
  });
  const because =
    user !== '' && user === me?.name
      ? 'Nobody changes their own role.'
      : member?.source === 'server' && member.role === 'admin'
        ? 'An admin of the server is one in every project.'
        : undefined;
  return (
    <Modal opened onClose={onClose} title={member ? `Role of ${member.display_name}` : 'Add a member'}>
      <form
        className="r-stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!because) save.run({ params: { project, user }, body: { role } });
        }}
      >
        {member ? null : (
          <TextInput
            label="Name"
            description="The name with which they sign in."
            value={user}
            onChange={(event) => setUser(event.currentTarget.value)}
            data-autofocus
          />
        )}
        <Select
          label="Role"
          data={ProjectRole.options.map((value) => ({
            value,
            label: value === 'none' ? 'none: no access at all' : value,
          }))}
          value={role}
          allowDeselect={false}
          onChange={(next) => setRole((next as ProjectRole | null) ?? 'viewer')}
        />
        <p className="r-small">{roleChange(member?.role ?? null, role)}</p>
        {save.fault ? <Fault fault={save.fault} /> : null}
        <Action submit kind="primary" because={because}>
          {member ? 'Set the role' : 'Add the member'}
        </Action>
      </form>
    </Modal>
  );
}
