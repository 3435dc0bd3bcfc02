import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NEEDS } from '../../lib/contract/index.ts';
import { allows, refuse } from './policy.ts';
import { type Actor, ANONYMOUS, ROLES } from './schema.ts';
import { createIdentity, startToken } from './service.ts';

const as = (role: Actor['role'], projects: Actor['projects'] = {}): Actor => ({
  kind: 'user',
  name: 'ana',
  role,
  projects,
});

describe('who may what', () => {
  it('gives each role what the weaker ones have, and more', () => {
    const sizes = ROLES.map(
      (role) => NEEDS.filter((need) => allows(as(role), need, undefined, false)).length,
    );
    expect(sizes).toEqual([2, 4, 5, 6]);
  });

  it('lets nobody run code or change production without a name', () => {
    expect(NEEDS.filter((need) => allows(ANONYMOUS, need, undefined, true))).toEqual([
      'public',
      'view',
      'track',
    ]);
    expect(NEEDS.filter((need) => allows(ANONYMOUS, need, undefined, false))).toEqual(['public']);
    expect(refuse(ANONYMOUS, 'operate')).toMatchObject({ status: 401 });
  });

  it('prefers the role in the project', () => {
    const actor = as('viewer', { flights: 'operator', taxi: 'viewer' });
    expect(allows(actor, 'operate', 'flights', false)).toBe(true);
    expect(allows(actor, 'operate', 'taxi', false)).toBe(false);
    expect(refuse(actor, 'operate')).toMatchObject({
      status: 403,
      message: 'Needs the role operator; ana is viewer.',
    });
  });
});

describe('the start token', () => {
  it('is made once, readable by its owner only, and known again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rondo-token-'));
    const token = startToken(folder);
    expect(startToken(folder)).toBe(token);
    expect(statSync(join(folder, 'token')).mode & 0o777).toBe(0o600);
    const identity = createIdentity({ token, loopback: true });
    expect(await identity.authenticate(`Bearer ${token}`)).toMatchObject({ role: 'admin' });
    expect(
      await identity.authenticate(`Basic ${Buffer.from(`anyone:${token}`).toString('base64')}`),
    ).toMatchObject({ role: 'admin' });
    await expect(identity.authenticate('Bearer nonsense')).rejects.toMatchObject({ status: 401 });
    expect(await identity.authenticate(undefined)).toBe(ANONYMOUS);
    rmSync(folder, { recursive: true });
  });
});
