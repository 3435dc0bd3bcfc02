import { Modal, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { useAct } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { identityContract } from '../contract.ts';
import { MIN_PASSWORD, type Role, type UserKind } from '../schema.ts';
import { FirstPassword } from './first-password.tsx';
import { RoleEverywhere } from './role-everywhere.tsx';

/** Adds a person with a password to hand over, or a service account, which has tokens instead. */
export function NewUserDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [shown, setShown] = useState('');
  const [kind, setKind] = useState<UserKind>('person');
  const [role, setRole] = useState<Role | null>(null);
  const [password, setPassword] = useState('');
  const create = useAct(identityContract.createUser, (user) => {
    onClose();
    return `Added ${user.name}${user.role ? ` as ${user.role}` : ', who has no role yet'}.`;
  });
  const because =
    name.trim() === ''
      ? 'The name is missing.'
      : kind === 'person' && password.length < MIN_PASSWORD
        ? `The password needs ${MIN_PASSWORD} characters or more.`
        : undefined;
  return (
    <Modal opened onClose={onClose} title="Add a user">
      <form
        className="r-stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (because) return;
          create.run({
            body: {
              name,
              kind,
              role,
              ...(shown.trim() === '' ? {} : { display_name: shown }),
              ...(kind === 'person' ? { password } : {}),
            },
          });
        }}
      >
        <TextInput
          label="Name"
          description="With it they sign in; it stays as it is."
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
        <TextInput
          label="Shown as, optional"
          value={shown}
          onChange={(event) => setShown(event.currentTarget.value)}
        />
        <Select
          label="Kind"
          data={[
            { value: 'person', label: 'person: signs in with a password' },
            { value: 'service', label: 'service account: has tokens and no password' },
          ]}
          value={kind}
          allowDeselect={false}
          onChange={(next) => setKind((next as UserKind | null) ?? 'person')}
        />
        <RoleEverywhere before={null} role={role} onRole={setRole} />
        {kind === 'person' ? <FirstPassword password={password} onPassword={setPassword} /> : null}
        {create.fault ? <Fault fault={create.fault} /> : null}
        <Action submit kind="primary" because={because}>
          Add the user
        </Action>
      </form>
    </Modal>
  );
}
