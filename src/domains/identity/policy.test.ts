import { describe, expect, it } from 'vitest';
import { NEEDS, type Place } from '../../lib/contract/index.ts';
import { allows, narrow, refuse, roleIn, sightOf } from './policy.ts';
import { type Actor, ANONYMOUS, GUEST, ROLES } from './schema.ts';

const as = (role: Actor['role'], projects: Actor['projects'] = {}): Actor => ({
  kind: 'user',
  name: 'ana',
  role,
  projects,
});
const inside = (project: string): Place => ({ project });
const needsOf = (actor: Actor, place: Place) => NEEDS.filter((need) => allows(actor, need, place));

describe('who may what', () => {
  it('gives each role what the weaker ones have, and more', () => {
    const held = ROLES.map((role) => needsOf(as(role), inside('flights')));
    expect(held.map((needs) => needs.length)).toEqual([3, 5, 6, 7]);
    for (const [i, needs] of held.entries()) expect(needs).toEqual(expect.arrayContaining(held[i - 1] ?? []));
  });

  it('lets nobody run code or change production without a name', () => {
    expect(needsOf(GUEST, 'server')).toEqual(['public', 'view', 'track']);
    expect(needsOf(ANONYMOUS, 'server')).toEqual(['public']);
    expect(refuse(GUEST, 'operate', 'server')).toMatchObject({ status: 401 });
    expect(needsOf(as(null), 'server')).toEqual(['public', 'self']);
  });

  it('prefers the role in the project, also when it is weaker or none', () => {
    const actor = as('viewer', { flights: 'operator', taxi: 'none' });
    expect(allows(actor, 'operate', inside('flights'))).toBe(true);
    expect(allows(actor, 'view', inside('taxi'))).toBe(false);
    expect(allows(actor, 'view', inside('bikes'))).toBe(true);
    expect(refuse(actor, 'operate', inside('bikes'))).toMatchObject({
      status: 403,
      message: 'Needs the role operator; ana is viewer.',
    });
    expect(roleIn(as('admin', { flights: 'none' }), inside('flights'))).toBe('admin');
  });

  it('does not take names of built-in properties for projects', () => {
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(allows(as(null, { flights: 'admin' }), 'view', inside(name)), name).toBe(false);
  });

  it('lets somebody of one project in where things of some project are shown, and says which', () => {
    const member = as(null, { flights: 'editor' });
    expect(allows(member, 'edit', 'some')).toBe(true);
    expect(allows(member, 'view', 'server')).toBe(false);
    expect(sightOf(member, 'view')).toEqual({ everywhere: false, named: ['flights'] });
    expect(sightOf(as('viewer', { taxi: 'none', flights: 'editor' }), 'view')).toEqual({
      everywhere: true,
      named: ['taxi'],
    });
  });
});

describe('a token of its user', () => {
  it('is at most as strong as both', () => {
    expect(roleIn(narrow(as('operator'), { role: 'viewer', project: null }), 'server')).toBe('viewer');
    expect(roleIn(narrow(as('viewer'), { role: 'admin', project: null }), 'server')).toBe('viewer');
    const shutOut = narrow(as('editor', { taxi: 'none' }), { role: 'admin', project: null });
    expect(allows(shutOut, 'view', inside('taxi'))).toBe(false);
  });

  it('counts in its project only', () => {
    const token = narrow(as('admin'), { role: 'editor', project: 'flights' });
    expect(roleIn(token, inside('flights'))).toBe('editor');
    expect(needsOf(token, inside('taxi'))).toEqual(['public', 'self']);
    expect(needsOf(token, 'server')).toEqual(['public', 'self']);
    expect(narrow(as(null, { taxi: 'admin' }), { role: null, project: 'flights' }).projects).toEqual({});
  });
});
