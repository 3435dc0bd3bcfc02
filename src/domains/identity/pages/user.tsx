import { Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { useAct, useMe } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { identityContract } from '../contract.ts';
import { MIN_PASSWORD, type Role, type User } from '../schema.ts';
import { FirstPassword } from './first-password.tsx';
import { RoleEverywhere } from './role-everywhere.tsx';

interface OfUser {
  user: User;
  onClose: () => void;
}

/** What an admin changes of one user: how they are shown, their role, their password, and whether they may sign in. */
export function UserDialog({ user, onClose }: OfUser) {
  return (
    <Modal opened onClose={onClose} title={`User ${user.name}`}>
      <div className="r-stack">
        <Profile user={user} onClose={onClose} />
        {user.kind === 'person' ? <Reset user={user} onClose={onClose} /> : null}
        <Admission user={user} onClose={onClose} />
      </div>
    </Modal>
  );
}

function Profile({ user, onClose }: OfUser) {
  const me = useMe();
  const [shown, setShown] = useState(user.display_name);
  const [role, setRole] = useState<Role | null>(user.role);
  const save = useAct(identityContract.changeUser, (after) => {
    onClose();
    return `${after.name} is ${after.role ?? 'without a role'} everywhere.`;
  });
  const renamed = shown.trim() !== user.display_name;
  const because =
    role !== user.role && me?.name === user.name
      ? 'Nobody changes their own role.'
      : role === user.role && !renamed
        ? 'Nothing is changed yet.'
        : undefined;
  return (
    <form
      className="r-stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (because) return;
        save.run({
          params: { user: user.name },
          body: { ...(renamed ? { display_name: shown } : {}), ...(role === user.role ? {} : { role }) },
        });
      }}
    >
      <TextInput label="Shown as" value={shown} onChange={(event) => setShown(event.currentTarget.value)} />
      <RoleEverywhere before={user.role} role={role} onRole={setRole} />
      {save.fault ? <Fault fault={save.fault} /> : null}
      <div>
        <Action submit kind="primary" because={because}>
          Save the user
        </Action>
      </div>
    </form>
  );
}

function Reset({ user, onClose }: OfUser) {
  const [password, setPassword] = useState('');
  const reset = useAct(identityContract.resetPassword, () => {
    onClose();
    return `${user.name} has a new password; all sessions ended.`;
  });
  const because =
    password.length < MIN_PASSWORD ? `The password needs ${MIN_PASSWORD} characters or more.` : undefined;
  return (
    <form
      className="r-stack"
      aria-label="New password"
      onSubmit={(event) => {
        event.preventDefault();
        if (!because) reset.run({ params: { user: user.name }, body: { password } });
      }}
    >
      <h3 className="r-label">New password</h3>
      <FirstPassword password={password} onPassword={setPassword} />
      {reset.fault ? <Fault fault={reset.fault} /> : null}
      <div>
        <Action submit kind="harmful" because={because}>
          Reset the password
        </Action>
      </div>
    </form>
  );
}

function Admission({ user, onClose }: OfUser) {
  const me = useMe();
  const change = useAct(identityContract.changeUser, (after) => {
    onClose();
    return `${after.name} is ${after.disabled ? 'disabled' : 'enabled'}.`;
  });
  const because = me?.name === user.name && !user.disabled ? 'Nobody shuts themselves out.' : undefined;
  return (
    <div className="r-stack">
      <h3 className="r-label">Signing in</h3>
      <p className="r-small">
        {user.disabled
          ? `${user.name} is shut out. Enabled again, they sign in anew; their tokens count again.`
          : 'Disabling shuts out at once: sessions end, and tokens do not count while it lasts.'}
      </p>
      {change.fault ? <Fault fault={change.fault} /> : null}
      <div>
        <Action
          kind={user.disabled ? 'plain' : 'harmful'}
          because={because}
          onClick={() => change.run({ params: { user: user.name }, body: { disabled: !user.disabled } })}
        >
          {user.disabled ? `Enable ${user.name}` : `Disable ${user.name}`}
        </Action>
      </div>
    </div>
  );
}
