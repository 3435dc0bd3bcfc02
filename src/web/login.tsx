import { PasswordInput, TextInput } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { identityContract } from '../domains/identity/contract.ts';
import { type Fault as FaultFacts, toAppError } from '../lib/errors.ts';
import { Action } from '../ui/action.tsx';
import { Fault } from '../ui/fault.tsx';
import { call } from './api.ts';
import { setToken } from './session.ts';
import { Wordmark } from './wordmark.tsx';

/** Sign in with name and password, or with the token of this server; afterwards it goes on to where one wanted to be. */
export function Login() {
  const router = useRouter();
  const [withToken, setWithToken] = useState(false);
  const enter = (token: string) => {
    setToken(token);
    router.history.push(safeNext(new URLSearchParams(location.search).get('next')));
  };
  return (
    <main className="r-login">
      <Wordmark />
      {withToken ? <TokenForm onToken={enter} /> : <PasswordForm onToken={enter} />}
      <Action onClick={() => setWithToken(!withToken)}>
        {withToken ? 'Sign in with a password instead' : 'Sign in with a token instead'}
      </Action>
    </main>
  );
}

function PasswordForm({ onToken }: { onToken: (token: string) => void }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [fault, setFault] = useState<FaultFacts>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setFault(undefined);
    setToken(undefined);
    try {
      onToken((await call(identityContract.signIn, { body: { name, password } })).secret);
    } catch (error) {
      setPassword('');
      setFault(toAppError(error).toFault());
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <p className="r-serif">Sign in with your name and password.</p>
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        autoComplete="username"
        data-autofocus
      />
      <PasswordInput
        label="Password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        autoComplete="current-password"
      />
      {fault ? <Fault fault={fault} /> : null}
      <Action submit kind="primary">
        Sign in
      </Action>
    </form>
  );
}

function TokenForm({ onToken }: { onToken: (token: string) => void }) {
  const [token, set] = useState('');
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = token.trim();
    setMissing(!given);
    if (given) onToken(given);
  };
  return (
    <form onSubmit={submit}>
      <p className="r-serif">Sign in with a token.</p>
      <PasswordInput
        label="Token"
        description={
          <>
            The command <code className="r-code">rondo token</code> prints the one of this server on its
            machine.
          </>
        }
        value={token}
        onChange={(event) => set(event.currentTarget.value)}
        error={missing ? 'The token is missing.' : undefined}
        autoComplete="off"
        data-autofocus
      />
      <Action submit kind="primary">
        Sign in
      </Action>
    </form>
  );
}

/** Only a path on this server; anything else leads to the start page. */
export function safeNext(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/';
}
