import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../test/harness/database.ts';
import { endLease, holdLease } from './lease.ts';

describe.each(ENGINES)('leases on %s', (engine) => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase(engine);
  });
  afterAll(() => test.end());

  const HOUR = 3_600_000;
  const hold = (name: string, owner: string, ms = HOUR) => holdLease(test.database, name, owner, ms);

  it('are held by one of many who ask at once', async () => {
    const held = await Promise.all(Array.from({ length: 10 }, (_, i) => hold('one', `owner ${i}`)));
    expect(held.filter(Boolean)).toHaveLength(1);
  });

  it('are renewed by who holds them, and taken over when they ran out or were given back', async () => {
    expect(await hold('two', 'a')).toBe(true);
    expect(await hold('two', 'b')).toBe(false);
    expect(await hold('two', 'a', -1)).toBe(true);
    await expect.poll(() => hold('two', 'b')).toBe(true);
    expect(await hold('two', 'a')).toBe(false);
    await endLease(test.database, 'two', 'a');
    expect(await hold('two', 'a')).toBe(false);
    await endLease(test.database, 'two', 'b');
    expect(await hold('two', 'a')).toBe(true);
  });
});
