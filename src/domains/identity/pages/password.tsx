import { PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { useAct, useMe } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { identityContract } from '../contract.ts';
import { MIN_PASSWORD } from '../schema.ts';

/** Changes the password of the person at the screen; nothing for those who came with a token. */
export function Password() {
  const me = useMe();
  const [old, setOld] = useState('');
  const [next, setNext] = useState('');
  const change = useAct(identityContract.changePassword, () => {
    setOld('');
    setNext('');
    return 'Your password is changed; your other sessions ended.';
  });
  if (!me?.session) return null;
  const because =
    next.length < MIN_PASSWORD ? `The new password needs ${MIN_PASSWORD} characters or more.` : undefined;
  return (
    <Panel title="Password">
      <form
        className="r-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!because) change.run({ body: { old_password: old, new_password: next } });
        }}
      >
        <PasswordInput
          label="Old password"
          value={old}
          onChange={(event) => setOld(event.currentTarget.value)}
          autoComplete="current-password"
        />
        <PasswordInput
          label="New password"
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
          autoComplete="new-password"
        />
        {change.fault ? <Fault fault={change.fault} /> : null}
        <Action submit because={because}>
          Change the password
        </Action>
      </form>
    </Panel>
  );
}
