import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testGround, type TestGround } from '../../../test/harness/ground.ts';
import type { StoredBlob } from '../../artifacts/index.ts';
import { enqueue } from '../../jobs/index.ts';
import { collectGarbage, requestDaily, storageUse } from './collect.ts';
import { REFERENCES, type Reference } from './references.ts';

const HOUR = 3_600_000;

describe.each(ENGINES)('garbage collection on %s', (engine) => {
  let ground: TestGround;
  beforeAll(async () => {
    ground = await testGround(engine);
  });
  afterAll(() => ground.end());

  const blob = async () => (await ground.blobs.put(randomBytes(100))).digest;
  /** Everything stored before now is old enough. */
  const collect = async (dryRun = false) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return collectGarbage(ground, { graceMs: 0, dryRun });
  };
  const stored = async (digest: string): Promise<StoredBlob | undefined> => {
    for await (const one of ground.blobs.list()) if (one.digest === digest) return one;
    return undefined;
  };

  /** A row whose other columns hold whatever their type asks for. */
  async function refer(reference: Reference, digest: string): Promise<void> {
    const { table, column, holds, states } = reference;
    const { rows: columns } =
      engine === 'sqlite'
        ? await sql<{
            name: string;
            type: string;
            notnull: number;
          }>`select name, type, "notnull" from pragma_table_info(${table})`.execute(ground.database.read)
        : await sql<{ name: string; type: string; notnull: number }>`
            select column_name as name, data_type as type, (is_nullable = 'NO')::int as notnull
            from information_schema.columns where table_name = ${table} and is_identity = 'NO'`.execute(
            ground.database.read,
          );
    const marker = digest.slice(0, 8);
    const values = columns.map(({ name, type }) => {
      if (name === column) return holds === 'digest' ? digest : JSON.stringify({ deep: [{ digest }] });
      if (name === 'state' && states) return states[0];
      return /int|double/i.test(type) ? Number.parseInt(marker, 16) : `x${marker}`;
    });
    const parent = {
      name: marker,
      project: 'p',
      description: '',
      last_version: 0,
      is_prompt: 0,
      created_at: 0,
      updated_at: 0,
    };
    const id = Number.parseInt(marker, 16);
    if (table === 'model_versions')
      await ground.database.write((tx) =>
        tx
          .insertInto('registered_models')
          .values({ id, ...parent })
          .execute(),
      );
    await ground.database.write((tx) =>
      sql`insert into ${sql.table(table)} (${sql.join(columns.map(({ name }) => sql.ref(name)))}) values (${sql.join(values)})`.execute(
        tx,
      ),
    );
  }

  it.each(REFERENCES.map((reference) => [`${reference.table}.${reference.column}`, reference] as const))(
    'keeps what %s references, and lets it go with the row',
    async (_, reference) => {
      const digest = await blob();
      await refer(reference, digest);
      await collect();
      await collect();
      expect(await stored(digest)).toMatchObject({ aside: false });
      const kinds = (await storageUse(ground)).kinds.map((each) => each.kind);
      expect(kinds).toContain(reference.kind);
      await ground.database.write((tx) => sql`delete from ${sql.table(reference.table)}`.execute(tx));
      await collect();
      expect(await stored(digest)).toMatchObject({ aside: true });
      await collect();
      expect(await stored(digest)).toBeUndefined();
    },
  );

  it('leaves alone what is younger than the grace period, in both phases, and does nothing when it only looks', async () => {
    const digest = await blob();
    await collectGarbage(ground, { graceMs: HOUR, dryRun: false });
    expect(await stored(digest)).toMatchObject({ aside: false });
    expect(await collect(true)).toMatchObject({ set_aside: { blobs: 1, bytes: 100 } });
    expect(await stored(digest)).toMatchObject({ aside: false });
    await collect();
    await collectGarbage(ground, { graceMs: HOUR, dryRun: false });
    expect(await stored(digest)).toMatchObject({ aside: true });
    expect(await collect(true)).toMatchObject({ purged: { blobs: 1, bytes: 100 } });
    expect(await stored(digest)).toMatchObject({ aside: true });
    expect(await collect()).toMatchObject({ purged: { blobs: 1, bytes: 100 } });
    expect(await stored(digest)).toBeUndefined();
  });

  it('puts back what is referenced again, also by work that only waits', async () => {
    const digest = await blob();
    await collect();
    expect(await stored(digest)).toMatchObject({ aside: true });
    const job = await ground.database.write((tx) =>
      enqueue(tx, { kind: 'nobody', payload: { files: [{ digest }] } }),
    );
    expect(await collect()).toMatchObject({ recalled: { blobs: 1 } });
    expect(await stored(digest)).toMatchObject({ aside: false });
    // Once it has ended, its payload keeps nothing.
    await ground.database.write((tx) =>
      tx.updateTable('jobs').set({ state: 'done' }).where('id', '=', job).execute(),
    );
    await collect();
    await collect();
    expect(await stored(digest)).toBeUndefined();
  });

  it('never takes bytes that are stored and named while it runs', async () => {
    const bytes = randomBytes(2000);
    const digest = createHash('sha256').update(bytes).digest('hex');
    let passes = 0;
    let ended = false;
    const collector = (async () => {
      while (!ended) {
        await collectGarbage(ground, { graceMs: 800, dryRun: false });
        passes++;
      }
    })();
    const until = async (test: (blob: StoredBlob | undefined) => boolean) => {
      while (!test(await stored(digest))) await new Promise((resolve) => setTimeout(resolve, 3));
    };
    // Stored and named again while it is due to be set aside, while it is aside and due to go, and when it is gone.
    const moments = [
      async () => new Promise<void>((resolve) => setTimeout(resolve, 799)),
      () => until((found) => found?.aside === true),
      async () => {
        await until((found) => found?.aside === true);
        await new Promise<void>((resolve) => setTimeout(resolve, 799));
      },
      () => until((found) => found === undefined),
    ];
    await ground.blobs.put(bytes);
    for (const moment of [...moments, ...moments]) {
      await moment();
      await ground.blobs.put(bytes);
      await refer(REFERENCES[0] as Reference, digest);
      const before = passes;
      while (passes < before + 3) await new Promise((resolve) => setTimeout(resolve, 3));
      expect(await ground.blobs.read(digest)).toEqual(bytes);
      await ground.database.write((tx) => tx.deleteFrom('artifact_names').execute());
    }
    ended = true;
    await collector;
    expect(passes).toBeGreaterThan(10);
  });

  it('is asked for once a day', async () => {
    await ground.database.write((tx) => tx.deleteFrom('jobs').execute());
    const now = Date.now();
    const asked = await Promise.all([1, 2, 3].map(() => requestDaily(ground.database, now)));
    expect(asked.filter(Boolean).length).toBeLessThanOrEqual(engine === 'sqlite' ? 1 : 3);
    const jobs = await ground.database.read.selectFrom('jobs').select('id').execute();
    expect(jobs).toHaveLength(1);
    expect(await requestDaily(ground.database, now + 23 * HOUR)).toBe(false);
    await ground.database.write((tx) => tx.updateTable('jobs').set({ state: 'done' }).execute());
    expect(await requestDaily(ground.database, now + 25 * HOUR)).toBe(true);
  });
});
