import { PasswordInput } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { Action } from '../ui/action.tsx';
import { Wordmark } from './wordmark.tsx';
import { setToken } from './session.ts';

/** Sign in with the token of this server; afterwards it goes on to where one wanted to be. */
export function Login() {
  const router = useRouter();
  const [token, set] = useState('');
  const [missing, setMissing] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = token.trim();
    setMissing(!given);
    if (!given) return;
    setToken(given);
    router.history.push(safeNext(new URLSearchParams(location.search).get('next')));
  };
  return (
    <main className="r-login">
      <Wordmark />
      <form onSubmit={submit}>
        <p className="r-serif">Sign in with the token of this server.</p>
        <PasswordInput
          label="Token"
          description={
            <>
              The command <code className="r-code">rondo token</code> prints it on the server{'\u2019'}s
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
    </main>
  );
}

/** Only a path on this server; anything else leads to the start page. */
export function safeNext(next: string | null): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/';
}
