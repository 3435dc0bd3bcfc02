import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createGate, startToken } from './gate.ts';
import { ANONYMOUS, GUEST } from './schema.ts';

it('the start token is made once, readable by its owner only, and known again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-token-'));
  const token = startToken(folder);
  expect(startToken(folder)).toBe(token);
  expect(statSync(join(folder, 'token')).mode & 0o777).toBe(0o600);
  const gate = createGate({ token, open: true });
  const basic = Buffer.from(`anyone:${token}`).toString('base64');
  for (const shown of [`Bearer ${token}`, `bearer ${token}`, `Basic ${basic}`])
    expect(await gate.authenticate(shown), shown).toMatchObject({ role: 'admin' });
  for (const shown of ['Bearer nonsense', 'Bearer', '', `Digest ${token}`, token])
    await expect(gate.authenticate(shown), shown).rejects.toMatchObject({ status: 401 });
  expect(await gate.authenticate(undefined)).toBe(GUEST);
  expect(await createGate({ token, open: false }).authenticate(undefined)).toBe(ANONYMOUS);
  rmSync(folder, { recursive: true });
});
