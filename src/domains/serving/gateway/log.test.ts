import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { LogRecord } from '../schema/route.ts';
import { diskFiles, type LogFiles } from './log-files.ts';
import { type LogOptions, PredictionLog } from './log.ts';
import { gathered } from '../../../../test/harness/data-plane.ts';
import { recentLines } from './recovery.ts';

let logs: PredictionLog[] = [];
afterEach(async () => {
  await Promise.all(logs.map((log) => log.close()));
  logs = [];
});

const folder = () => mkdtempSync(join(tmpdir(), 'rondo-log-'));
async function openLog(options: Partial<LogOptions> & { folder: string }): Promise<PredictionLog> {
  const log = await PredictionLog.open({ epoch: 1, ...options });
  logs.push(log);
  return log;
}

const deployment = {
  kind: 'deployment' as const,
  project: 'default',
  endpoint: 'eta',
  environment: 'dev',
  deployment: 1,
  arm: 'champion',
  model: 'eta',
  model_version: '1',
  model_digest: 'a'.repeat(64),
  feature_service: null,
  request: ['x'],
  vector: ['x'],
  output: ['y'],
  revision: 1,
};
const line = (id: string, more: object = {}) =>
  `${JSON.stringify({ kind: 'prediction', prediction_id: id, deployment: 1, event_time: 1, wall_time: 2, latency_us: 3, propensity: 1, request: [1], output: [2], ...more })}\n`;
const records = (dir: string, name: string) =>
  readFileSync(join(dir, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => LogRecord.parse(JSON.parse(text)));

test('a sealed segment names its own digest, describes its columns and is listed until acknowledged', async () => {
  const dir = folder();
  const log = await openLog({ folder: dir });
  log.describe(deployment);
  expect(log.append(line('eta.1.1.1') + line('eta.1.1.2'))).toBe(true);
  await log.commit();
  await log.seal();
  const [segment] = await log.segments();
  const bytes = readFileSync(join(dir, segment?.name as string));
  expect(segment).toMatchObject({ epoch: 1, number: 1, bytes: bytes.length });
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(segment?.digest);
  expect(records(dir, segment?.name as string).map(({ kind }) => kind)).toEqual([
    'segment',
    'deployment',
    'prediction',
    'prediction',
  ]);
  expect(await log.acknowledge([segment?.name as string, '../etc/passwd', 'sealed-x'])).toBe(1);
  expect(await log.segments()).toEqual([]);
  expect((await gathered(recentLines(dir, 1e6))).length).toBe(4);
});

test('segments roll over by size, and every one repeats the description', async () => {
  const dir = folder();
  const log = await openLog({ folder: dir, rollBytes: 1_000 });
  log.describe(deployment);
  for (let i = 1; i <= 20; i++) log.append(line(`eta.1.1.${i}`));
  await log.seal();
  const segments = await log.segments();
  expect(segments.length).toBeGreaterThan(2);
  const ids = segments.flatMap(({ name }) => {
    const all = records(dir, name);
    expect(all[1]?.kind).toBe('deployment');
    return all.flatMap((record) => (record.kind === 'prediction' ? [record.prediction_id] : []));
  });
  expect(ids).toEqual(Array.from({ length: 20 }, (_, i) => `eta.1.1.${i + 1}`));
});

test('what a dead worker left open is sealed: half line cut, holes marked', async () => {
  const dir = folder();
  const dead = { pid: 2 ** 22 + 1, born: '1' };
  const log = await PredictionLog.open({ folder: dir, epoch: 1, owner: dead });
  log.describe(deployment);
  log.append(line('eta.1.1.1') + line('eta.1.1.4'));
  const [name] = readdirSync(dir);
  const whole = readFileSync(join(dir, name as string));
  const half = Buffer.from(line('eta.1.1.5'));
  for (const size of [0, 1, 40, half.length - 1, half.length]) {
    const copy = folder();
    writeFileSync(join(copy, name as string), whole);
    appendFileSync(join(copy, name as string), half.subarray(0, size));
    const next = await openLog({ folder: copy, epoch: 2 });
    const [segment] = await next.segments();
    const all = records(copy, segment?.name as string);
    const gaps = all.flatMap((record) => (record.kind === 'gap' ? [record] : []));
    expect(all.filter(({ kind }) => kind === 'prediction').length).toBe(size === half.length ? 3 : 2);
    expect(gaps[0]).toMatchObject({
      reason: 'sequence',
      endpoint: 'eta',
      deployment: 1,
      epoch: 1,
      from: 2,
      to: 3,
      count: 2,
    });
    expect(gaps.length).toBe(size > 0 && size < half.length ? 2 : 1);
    if (gaps[1]) expect(gaps[1].reason).toBe('half_line');
  }
  await log.close();
});

test('a segment cut inside its first line, or empty, does no harm; a living writer is left alone', async () => {
  const dir = folder();
  const alive = await openLog({ folder: dir, epoch: 1 });
  alive.append(line('eta.1.1.1'));
  writeFileSync(join(dir, 'open-00000000-00000001.ndjson'), '{"kind":"segm');
  writeFileSync(join(dir, 'open-00000000-00000002.ndjson'), '');
  const next = await openLog({ folder: dir, epoch: 2 });
  expect(await next.segments()).toEqual([]);
  expect(readdirSync(dir)).toEqual(['open-00000001-00000001.ndjson']);
  expect(alive.append(line('eta.1.1.2'))).toBe(true);
});

/** A disk with room for `bytes`; a write that does not fit is cut short, the next fails. */
function smallDisk(bytes: number): LogFiles & { room: number } {
  return {
    ...diskFiles,
    room: bytes,
    write(file, buffer, offset, length, position) {
      const fits = Math.min(length, this.room);
      if (fits === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      this.room -= fits;
      return diskFiles.write(file, buffer, offset, fits, position);
    },
  };
}

test('on a full disk nothing half-written stays, and the gap is told once there is room', async () => {
  const dir = folder();
  const disk = smallDisk(900);
  const log = await openLog({ folder: dir, files: disk });
  log.describe(deployment);
  const counter = log.counter('eta', 1);
  const answered: number[] = [];
  for (let i = 1; i <= 10; i++) {
    counter.last = i;
    if (log.append(line(`${counter.prefix}${i}`))) answered.push(i);
    else log.lose(counter, i, i);
  }
  expect(answered.length).toBeGreaterThan(0);
  expect(answered.length).toBeLessThan(10);
  disk.room = 1e6;
  expect(log.append(line(`${counter.prefix}11`))).toBe(true);
  await log.seal();
  const [segment] = await log.segments();
  const all = records(dir, segment?.name as string);
  expect(all.flatMap((record) => (record.kind === 'prediction' ? [record.prediction_id] : []))).toEqual(
    [...answered, 11].map((n) => `eta.1.1.${n}`),
  );
  expect(all.find(({ kind }) => kind === 'gap')).toMatchObject({
    reason: 'write_failed',
    from: answered.length + 1,
    to: 10,
    count: 10 - answered.length,
  });
});

test('a disk that refuses the first byte, or a sync that fails, is reported and not fatal', async () => {
  const disk = smallDisk(0);
  const log = await openLog({ folder: folder(), files: disk });
  expect(log.append(line('eta.1.1.1'))).toBe(false);
  disk.room = 1e6;
  expect(log.append(line('eta.1.1.1'))).toBe(true);
  disk.sync = () => Promise.reject(new Error('I/O error'));
  await expect(log.commit()).rejects.toMatchObject({ status: 503 });
  disk.sync = diskFiles.sync;
  await log.commit();
});

test('the log counts as full when unimported segments reach the limit', async () => {
  const log = await openLog({ folder: folder(), rollBytes: 500, maxBytes: 1_500 });
  let written = 0;
  while (written < 100 && log.append(line(`eta.1.1.${written + 1}`))) written++;
  expect(written).toBeLessThan(20);
  await log.seal();
  await log.acknowledge((await log.segments()).map(({ name }) => name));
  expect(log.append(line('eta.1.1.99'))).toBe(true);
});

test('truncating any tail of a whole segment never loses a line before it', async () => {
  const dir = folder();
  const log = await PredictionLog.open({ folder: dir, epoch: 1, owner: { pid: 2 ** 22 + 1, born: '1' } });
  for (let i = 1; i <= 5; i++) log.append(line(`eta.1.1.${i}`));
  const name = readdirSync(dir)[0] as string;
  const whole = readFileSync(join(dir, name));
  const head = whole.indexOf(10) + 1;
  for (let size = head; size < whole.length; size += 37) {
    const copy = folder();
    writeFileSync(join(copy, name), whole);
    truncateSync(join(copy, name), size);
    const next = await openLog({ folder: copy, epoch: 2 });
    const [segment] = await next.segments();
    const kept = records(copy, segment?.name as string).filter(({ kind }) => kind === 'prediction').length;
    expect(kept).toBe(whole.subarray(head, size).toString().split('\n').length - 1);
  }
  await log.close();
});
