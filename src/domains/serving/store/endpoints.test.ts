import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../../../test/harness/database.ts';
import { nextTableRevision } from './endpoints.ts';

describe.each(ENGINES)('revisions of the table of routes on %s', (engine) => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase(engine);
  });
  afterAll(() => test.end());

  const next = () => test.database.write((tx) => nextTableRevision(tx, test.database.capabilities));

  it('grow, whoever asks and whatever a clock says', async () => {
    const first = await next();
    const many = await Promise.all(Array.from({ length: 20 }, next));
    expect(new Set([first, ...many]).size).toBe(21);
    expect(Math.min(...many)).toBeGreaterThan(first);
    const ahead = Date.now() + 3_600_000;
    await test.database.write((tx) => tx.updateTable('route_revisions').set({ revision: ahead }).execute());
    expect([await next(), await next()]).toEqual([ahead + 1, ahead + 2]);
  });

  it('begin behind those of a database that was lost', async () => {
    const before = await next();
    await test.database.write((tx) => tx.deleteFrom('route_revisions').execute());
    expect(await next()).toBeGreaterThanOrEqual(Math.min(before, Date.now()) - 1000);
    expect(Math.abs((await next()) - Date.now())).toBeLessThan(600_000);
  });
});
