import { Modal, NumberInput, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { CodeBlock } from '../../../ui/code-block.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { panelState, useAct, useEndpoint, useMe } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { When } from '../../../ui/when.tsx';
import { identityContract } from '../contract.ts';
import { type IssuedToken, Role, type Token } from '../schema.ts';

const DAY = 86_400_000;
const clock = Date.now;

const COLUMNS: readonly DataColumn<Token>[] = [
  { id: 'label', head: 'label', value: (each) => each.label, width: 180, grow: true, narrow: 'name' },
  {
    id: 'may',
    head: 'may',
    value: (each) => `${each.role ?? 'all that you may'}, in ${each.project ?? 'all projects'}`,
    width: 240,
  },
  {
    id: 'expires',
    head: 'expires',
    value: (each) => each.expires_at,
    cell: (each) => (each.expires_at === null ? 'never' : <When at={each.expires_at} clock="wall" />),
    width: 160,
    narrow: 'end',
  },
  {
    id: 'used',
    head: 'last used',
    value: (each) => each.last_used_at,
    cell: (each) => (each.last_used_at === null ? 'never' : <When at={each.last_used_at} clock="wall" />),
    width: 120,
  },
];

/** The tokens of the person at the screen; a secret is shown once. */
export function Tokens({ project }: { project: string }) {
  const me = useMe();
  const session = me?.session === true;
  const [making, make] = useState(false);
  const [chosen, choose] = useState<Token>();
  const [issued, show] = useState<IssuedToken>();
  const answer = useEndpoint(identityContract.listOwnTokens, me?.may.includes('self') ? {} : undefined);
  const because = session ? undefined : 'Needs a session: sign in with name and password.';
  if (me && !me.may.includes('self'))
    return <p className="r-serif">Tokens belong to users. Sign in to see yours.</p>;
  const counting = (answer.data?.tokens ?? []).filter(
    (each) => each.revoked_at === null && (each.expires_at === null || each.expires_at > clock()),
  );
  return (
    <>
      <Panel
        title="Your tokens and sessions"
        actions={
          <Action because={because} onClick={() => make(true)}>
            Make a token
          </Action>
        }
        state={panelState(answer, {
          rows: 3,
          empty: () =>
            counting.length === 0 ? (
              <p className="r-serif">
                No token of yours counts now. Programs sign in with tokens, people with passwords.
              </p>
            ) : undefined,
        })}
      >
        <DataTable
          label="Your tokens and sessions"
          rows={counting}
          columns={COLUMNS}
          rowId={(each) => each.id}
          onOpen={(each) => (because ? undefined : choose(each))}
          fixedColumns
        />
      </Panel>
      {making ? (
        <TokenDialog
          project={project}
          onClose={() => make(false)}
          onIssued={(token) => {
            make(false);
            show(token);
          }}
        />
      ) : null}
      {issued ? <SecretDialog token={issued} onClose={() => show(undefined)} /> : null}
      {chosen ? <RevokeDialog token={chosen} onClose={() => choose(undefined)} /> : null}
    </>
  );
}

function TokenDialog({
  project,
  onClose,
  onIssued,
}: {
  project: string;
  onClose: () => void;
  onIssued: (token: IssuedToken) => void;
}) {
  const [label, setLabel] = useState('');
  const [role, setRole] = useState<string>('all');
  const [where, setWhere] = useState<string>(project);
  const [days, setDays] = useState<number | string>(90);
  const create = useAct(identityContract.createToken, (token) => {
    onIssued(token);
    return undefined;
  });
  return (
    <Modal opened onClose={onClose} title="Make a token">
      <form
        className="r-stack"
        onSubmit={(event) => {
          event.preventDefault();
          create.run({
            body: {
              label,
              role: role === 'all' ? null : Role.parse(role),
              project: where === '' ? null : where,
              expires_at: Number(days) > 0 ? Math.round(clock() + Number(days) * DAY) : null,
            },
          });
        }}
      >
        <TextInput
          label="Label"
          description="What uses it, for example: nightly training."
          value={label}
          onChange={(event) => setLabel(event.currentTarget.value)}
          data-autofocus
        />
        <Select
          label="At most the role"
          data={[{ value: 'all', label: 'all that you may' }, ...Role.options]}
          value={role}
          allowDeselect={false}
          onChange={(next) => setRole(next ?? 'all')}
        />
        <Select
          label="In"
          data={[
            { value: project, label: `project ${project} only` },
            { value: '', label: 'all your projects' },
          ]}
          value={where}
          allowDeselect={false}
          onChange={(next) => setWhere(next ?? '')}
        />
        <NumberInput
          label="Days"
          description="Empty: until it is revoked."
          min={1}
          value={days}
          onChange={setDays}
        />
        {create.fault ? <Fault fault={create.fault} /> : null}
        <Action submit kind="primary" because={label.trim() === '' ? 'The label is missing.' : undefined}>
          Make the token
        </Action>
      </form>
    </Modal>
  );
}

function SecretDialog({ token, onClose }: { token: IssuedToken; onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title={`Token "${token.label}"`} size="lg">
      <div className="r-stack">
        <p className="r-serif">This is shown once. Only its hash is stored, so nobody can show it again.</p>
        <CodeBlock
          label="Secret"
          forms={[
            { label: '.env', text: `RONDO_TOKEN=${token.secret}` },
            { label: 'secret', text: token.secret },
          ]}
        />
        <Action onClick={onClose}>I have it</Action>
      </div>
    </Modal>
  );
}

function RevokeDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  const revoke = useAct(identityContract.revokeToken, () => {
    onClose();
    return `Token "${token.label}" counts no more.`;
  });
  return (
    <Modal opened onClose={onClose} title={`Revoke "${token.label}"?`}>
      <div className="r-stack">
        <p className="r-serif">
          Whatever uses it is refused from now on: here at once, at gateways within a minute. This cannot be
          undone.
        </p>
        {revoke.fault ? <Fault fault={revoke.fault} /> : null}
        <Action kind="harmful" onClick={() => revoke.run({ params: { id: token.id } })}>
          Revoke the token
        </Action>
      </div>
    </Modal>
  );
}
