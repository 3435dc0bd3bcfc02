import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testGround, type TestGround } from '../../../test/harness/ground.ts';
import {
  ageSql,
  type AsOfJoin,
  asOfSql,
  maskedSql,
  strategyOf,
  type ViewRows,
  viewRowsSql,
} from './as-of.ts';

interface Row {
  key: string;
  event: number;
  created: number;
  value: number | null;
}
interface Label {
  key: string | null;
  t: number;
}
interface Case {
  partitions: Row[][];
  labels: Label[];
  delay: number;
  ttl: number | null;
  asOf: number | undefined;
}

/** What section "point-in-time rules" says, row by row. */
function bruteForce({
  partitions,
  labels,
  delay,
  ttl,
  asOf,
}: Case): { value: number | null; age: number | null }[] {
  const rows = partitions.flatMap((part, ordinal) => part.map((row) => ({ ...row, ordinal })));
  return labels.map(({ key, t }) => {
    let best: (typeof rows)[number] | undefined;
    for (const row of rows) {
      if (row.key !== key || row.event > t - delay) continue;
      if (asOf !== undefined && row.created > asOf) continue;
      const later =
        !best ||
        row.event > best.event ||
        (row.event === best.event &&
          (row.created > best.created || (row.created === best.created && row.ordinal > best.ordinal)));
      if (later) best = row;
    }
    if (!best || (ttl !== null && t - best.event > ttl)) return { value: null, age: null };
    return { value: best.value, age: (t - best.event) / 60_000 };
  });
}

const key = fc.constantFrom('a', 'b', "o'k", '');
const time = fc.integer({ min: 0, max: 20 });
const row = fc.record({
  key,
  event: time,
  created: fc.integer({ min: 0, max: 30 }),
  value: fc.option(fc.integer({ min: -5, max: 5 }), { nil: null }),
});
const unique = (rows: Row[]) => [
  ...new Map(rows.map((r) => [`${r.key}|${r.event}|${r.created}`, r])).values(),
];
const cases: fc.Arbitrary<Case> = fc.record({
  partitions: fc.array(fc.array(row, { minLength: 1, maxLength: 12 }).map(unique), { maxLength: 3 }),
  labels: fc.array(fc.record({ key: fc.option(key, { nil: null }), t: time }), {
    minLength: 1,
    maxLength: 12,
  }),
  delay: fc.integer({ min: 0, max: 4 }),
  ttl: fc.option(fc.integer({ min: 0, max: 8 }), { nil: null }),
  asOf: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
});

const text = (value: string | null) =>
  value === null ? 'null::varchar' : `'${value.replaceAll("'", "''")}'`;
const values = (rows: string[]) => (rows.length > 0 ? `values ${rows.join(', ')}` : undefined);

describe('the point-in-time join', () => {
  let ground: TestGround;
  beforeAll(async () => {
    ground = await testGround('sqlite');
  });
  afterAll(() => ground.end());

  it.each(['asof', 'window'] as const)('equals a search row by row (%s)', async (strategy) => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        expect(await joined(given, strategy)).toEqual(bruteForce(given));
      }),
      { numRuns: 150 },
    );
  });

  async function joined(given: Case, strategy: 'asof' | 'window') {
    const rows: ViewRows = {
      name: 'v0',
      tables: given.partitions.map((_, i) => `p${i}`),
      features: ['value'],
      asOf: given.asOf,
      partitions: given.partitions.map((part) => ({
        rows: part.length,
        keys: 1,
        min_event: Math.min(...part.map((r) => r.event)),
        max_event: Math.max(...part.map((r) => r.event)),
        max_created: 0,
        unique_times: new Set(part.map((r) => `${r.key}|${r.event}`)).size === part.length,
      })),
    };
    const labels = strategy === 'asof' ? 1e9 : 0;
    const join: AsOfJoin = {
      name: 'j0',
      rows,
      features: ['value'],
      key: 'b.key',
      delayMs: given.delay,
      ttlMs: given.ttl,
      labels,
    };
    if (given.partitions.length > 0) expect(strategyOf(join)).toBe(strategy);
    const partitions = given.partitions.map(
      (part, i) =>
        `create or replace temp view p${i} as select * from (${values(part.map((r) => `(${text(r.key)}, ${r.event}::bigint, ${r.created}::bigint, ${r.value ?? 'null'}::double)`))}) t(key, event_time, created_time, value)`,
    );
    const base = values(
      given.labels.map((label, i) => `(${i}::bigint, ${text(label.key)}, ${label.t}::bigint)`),
    );
    const { rows: found } = await ground.analytics.run({
      statements: [
        ...partitions,
        `create or replace temp table base as select * from (${base}) t(_rid, key, _t)`,
        viewRowsSql(rows),
        asOfSql(join),
      ],
      rows: {
        all: `select ${maskedSql(join, 'value', 'value')}, ${ageSql(join, 'age')} from base b left join j0 on j0._rid = b._rid order by b._rid`,
      },
    });
    return found.all;
  }
});
