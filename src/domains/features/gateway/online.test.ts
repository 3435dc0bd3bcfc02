import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { openOnlineStore as openStore, type OnlineStore } from './online.ts';
import { type FeaturePush, numbersOf, packNumbers } from './push.ts';
import { View } from './view.ts';

let open: OnlineStore[] = [];
const openOnlineStore = async (dir: string) => {
  const store = await openStore(dir);
  open.push(store);
  return store;
};
afterEach(async () => {
  await Promise.all(open.map((store) => store.close().catch(() => {})));
  open = [];
});

const folder = () => mkdtempSync(join(tmpdir(), 'rondo-online-'));
const push = (
  id: string,
  rows: [string, number, number, number | null][],
  extra: Partial<FeaturePush> = {},
) => ({
  batch_id: id,
  project: 'default',
  view: 'weather',
  version: 1,
  features: ['delay'],
  keys: rows.map(([key]) => key),
  event_times: rows.map(([, event]) => event),
  created_times: rows.map(([, , created]) => created),
  values: rows.map(([, , , value]) => value),
  ...extra,
});

test('reads as of a time like a brute-force search, whatever the order of the rows', () => {
  const times = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(-5e11, 981173106000, 5e12));
  const row = fc.record({
    key: fc.constantFrom('a', 'b', '__proto__'),
    event: times,
    created: times,
    value: fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0.1, 1, Number.NaN, -0, 2 ** 24 + 1)),
  });
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 60 }),
      fc.array(times, { minLength: 1, maxLength: 5 }),
      (rows, asked) => {
        const view = new View(['value']);
        for (const { key, event, created, value } of rows) view.add(key, event, created, [value]);
        for (const key of ['a', 'b', '__proto__', 'never']) {
          for (const time of asked) {
            let best: (typeof rows)[number] | undefined;
            for (const candidate of rows) {
              if (candidate.key !== key || candidate.event > time) continue;
              if (
                !best ||
                candidate.event > best.event ||
                (candidate.event === best.event && candidate.created >= best.created)
              )
                best = candidate;
            }
            const found = view.find(key, time);
            expect(found >= 0).toBe(best !== undefined);
            if (!best) continue;
            expect(Object.is(view.value(found, 0), best.value)).toBe(true);
            expect(view.eventTime(found)).toBe(best.event);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('a pushed batch survives a restart and counts once', async () => {
  const dir = folder();
  const store = await openOnlineStore(dir);
  expect(
    await store.push(
      push('one', [
        ['ATL', 1000, 1500, 0.1],
        ['ORD', 1000, 1500, null],
      ]),
    ),
  ).toEqual({ rows: 2, duplicate: false });
  expect(await store.push(push('one', [['ATL', 1000, 1500, 99]]))).toEqual({ rows: 0, duplicate: true });
  const again = await openOnlineStore(dir);
  const view = again.view('default', 'weather', 1) as View;
  expect(view.value(view.find('ATL', 1000), 0)).toBe(0.1);
  expect(view.value(view.find('ORD', 2000), 0)).toBeNaN();
  expect(view.find('ATL', 999)).toBe(-1);
  expect(await again.push(push('one', [['ATL', 5000, 1500, 99]]))).toEqual({ rows: 0, duplicate: true });
  expect(again.status()).toMatchObject([
    { view: 'weather', version: 1, rows: 2, keys: 2, newest_event_time: 1000 },
  ]);
});

test('a half-written or damaged tail is dropped, what was acknowledged before stays', async () => {
  const dir = folder();
  const store = await openOnlineStore(dir);
  await store.push(push('one', [['ATL', 1000, 1500, 1]]));
  const file = join(dir, readdirSync(dir)[0] as string);
  const sound = statSync(file).size;
  await store.push(push('two', [['ATL', 2000, 2500, 2]]));
  await store.close();
  const whole = readFileSync(file);
  for (let size = sound; size < whole.length; size += 7) {
    writeFileSync(file, whole);
    truncateSync(file, size);
    const opened = await openOnlineStore(dir);
    expect(opened.view('default', 'weather', 1)?.rows).toBe(1);
    expect(await opened.push(push('two', [['ATL', 2000, 2500, 2]]))).toEqual({ rows: 1, duplicate: false });
    await opened.close();
    expect(readFileSync(file).equals(whole)).toBe(true);
  }
  appendFileSync(file, 'noise after the last frame');
  const opened = await openOnlineStore(dir);
  expect(opened.view('default', 'weather', 1)?.rows).toBe(2);
  await opened.close();
});

test('rows out of reach are pruned from memory and file, and their batches stay known', async () => {
  const dir = folder();
  const store = await openOnlineStore(dir);
  store.keep('default', 'weather', 1, 10_000);
  const many = (from: number) =>
    Array.from({ length: 15_000 }, (_, i): [string, number, number, number] => [
      `k${i % 100}`,
      from + i,
      from + i,
      i / 7,
    ]);
  await store.push(push('old', many(0)));
  await store.push(push('new', many(100_000)));
  const [status] = store.status();
  expect(status).toMatchObject({ rows: 10_001, keys: 100 });
  const view = store.view('default', 'weather', 1) as View;
  expect(view.find('k0', 50_000)).toBe(-1);
  expect(view.value(view.find('k99', 114_999), 0)).toBe(14_999 / 7);
  const again = await openOnlineStore(dir);
  expect(again.status()).toEqual(store.status());
  expect(await again.push(push('old', many(0)))).toEqual({ rows: 0, duplicate: true });
});

test('views of the same name belong to their projects', async () => {
  const dir = folder();
  const store = await openOnlineStore(dir);
  await store.push(push('one', [['ATL', 1000, 1500, 1]]));
  await store.push(push('one', [['ATL', 1000, 1500, 2]], { project: 'other', features: ['rain'] }));
  const again = await openOnlineStore(dir);
  const read = (project: string) => {
    const view = again.view(project, 'weather', 1) as View;
    return view.value(view.find('ATL', 1000), 0);
  };
  expect([read('default'), read('other')]).toEqual([1, 2]);
});

test('says which partitions are whole, also after a restart and after rows were pruned', async () => {
  const dir = folder();
  let store = await openOnlineStore(dir);
  const whole = () => store.partitions('default', 'weather', 1);
  const ends = (partition: string, ...replaces: string[]) => ({ completes: { partition, replaces } });
  expect(whole()).toEqual([]);
  await store.push(push('a:0', [['ATL', 1, 1, 1]]));
  expect(whole()).toEqual([]);
  await store.push(push('a:1', [['ATL', 2, 1, 1]], ends('a')));
  await store.push(push('b:0', [['ATL', 3, 1, 1]]));
  // The end of a partition was cut off with the process; its last rows are known already.
  await store.push(push('b:0', [['ATL', 3, 1, 1]], ends('b')));
  expect(whole()).toEqual(['a', 'b']);
  await store.push(push('ab:end', [], ends('ab', 'a', 'b')));
  expect(whole()).toEqual(['ab']);
  store.keep('default', 'weather', 1, 10);
  const many = Array.from({ length: 25_000 }, (_, i): [string, number, number, number] => ['k', i, i, i]);
  await store.push(push('many', many, ends('many')));
  expect(store.status()).toMatchObject([{ rows: 11 }]);
  store = await openOnlineStore(dir);
  expect(store.status()).toMatchObject([{ rows: 11 }]);
  expect(whole()).toEqual(['ab', 'many']);
});

test('packed values are the same as plain ones', async () => {
  const cell = fc.oneof(fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true }));
  fc.assert(
    fc.property(fc.array(cell), (values) => {
      expect(numbersOf(packNumbers(values))).toEqual(numbersOf(values));
    }),
  );
  const dir = folder();
  const store = await openOnlineStore(dir);
  const rows: [string, number, number, number | null][] = [
    ['ATL', 1, 1, 0.1],
    ['ATL', 2, 2, null],
  ];
  await store.push(push('one', rows, { values: packNumbers(rows.map(([, , , value]) => value)) }));
  const view = store.view('default', 'weather', 1) as View;
  expect([...view.each()].map(({ row }) => view.value(row, 0))).toEqual([0.1, Number.NaN]);
  for (const values of [packNumbers([1]), packNumbers([1, 2]).slice(4), '!'])
    await expect(store.push(push('two', rows, { values }))).rejects.toMatchObject({ code: 'INVALID' });
});

test('a batch of other features, or with lengths that disagree, is refused whole', async () => {
  const store = await openOnlineStore(folder());
  await store.push(push('one', [['ATL', 1000, 1500, 1]]));
  await expect(store.push(push('two', [['ATL', 1, 1, 1]], { features: ['other'] }))).rejects.toMatchObject({
    status: 409,
  });
  await expect(store.push(push('three', [['ATL', 1, 1, 1]], { values: [1, 2] }))).rejects.toMatchObject({
    status: 400,
  });
  expect(store.view('default', 'weather', 1)?.rows).toBe(1);
});
