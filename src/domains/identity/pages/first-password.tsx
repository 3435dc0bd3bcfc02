import { PasswordInput } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { MIN_PASSWORD } from '../schema.ts';

/** Without letters and digits that look alike: it is read out or typed off. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 5;
const GROUP = 4;

/** A password that an admin hands over: typed, or drawn at random and shown. */
export function FirstPassword({
  password,
  onPassword,
}: {
  password: string;
  onPassword: (password: string) => void;
}) {
  const [seen, setSeen] = useState(false);
  return (
    <div className="r-stack">
      <PasswordInput
        label="Password"
        description={`${MIN_PASSWORD} characters or more. Hand it over; they change it under Settings, Tokens.`}
        value={password}
        onChange={(event) => onPassword(event.currentTarget.value)}
        visible={seen}
        onVisibilityChange={setSeen}
        autoComplete="new-password"
      />
      <div>
        <Action
          onClick={() => {
            onPassword(drawn());
            setSeen(true);
          }}
        >
          Draw one at random
        </Action>
      </div>
    </div>
  );
}

/** Twenty of 31 characters, about 99 bits. */
function drawn(): string {
  const groups = Array.from({ length: GROUPS }, () => Array.from({ length: GROUP }, letter).join(''));
  return groups.join('-');
}

function letter(): string {
  for (;;) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < 256 - (256 % LETTERS.length)) return LETTERS.charAt(byte % LETTERS.length);
  }
}
