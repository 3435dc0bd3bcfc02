import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { maskedCrc32c } from './records/crc32c.ts';
import { tfRecords } from './records/tf-record.ts';
import { wandbRecords } from './records/wandb-log.ts';
import type { Source, SourceRun } from './source.ts';
import { tensorboardFolder } from './tensorboard/folder.ts';
import { wandbFolder } from './wandb/folder.ts';

/** Written by the real programs: see `make.py` there. */
const golden = fileURLToPath(new URL('../../../test/fixtures/import', import.meta.url));
const wandbLog = join(golden, 'wandb/offline-run-1/run-abcd1234.wandb');
const home = mkdtempSync(join(tmpdir(), 'rondo-logs-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

type Points = Record<string, [step: number, time: number, value: number | 'NaN'][]>;

async function runsOf(source: Source): Promise<(SourceRun & { points: Points })[]> {
  const found = [];
  for await (const experiment of source.experiments())
    for await (const run of source.runs(experiment)) {
      const points: Points = {};
      for await (const series of run.series()) {
        const { steps, times, values } = series.points.piece(0, series.points.length);
        points[series.key] = steps.map((step, index) => [
          step,
          times[index] as number,
          values[index] as number,
        ]);
      }
      found.push({ ...run, points });
    }
  return found;
}

async function all(records: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const found = [];
  for await (const record of records) found.push(Buffer.from(record));
  return found;
}

function changed(file: string, name: string, at: number): string {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] as number) ^ 0xff;
  const to = join(home, name);
  writeFileSync(to, bytes);
  return to;
}

describe('runs of W&B', () => {
  it('are read with config, summary, history and files', async () => {
    const folder = join(home, 'wandb/offline-run-1');
    mkdirSync(join(folder, 'files'), { recursive: true });
    copyFileSync(wandbLog, join(folder, 'run-abcd1234.wandb'));
    writeFileSync(join(folder, 'files/output.log'), 'hello\n');
    const [run, ...more] = await runsOf(wandbFolder(join(home, 'wandb')));
    expect(more).toEqual([]);
    if (!run) throw new Error('There is no run.');
    expect(run).toMatchObject({ name: 'first', status: 'FINISHED' });
    expect(run.run_id).toMatch(/^[0-9a-f]{32}$/);
    expect(run.end_time).toBeGreaterThanOrEqual(run.start_time);
    const of = (pairs: SourceRun['params']) =>
      Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
    expect(of(run.params)).toEqual({ lr: '0.1', 'net.depth': '3', 'net.act': 'relu', layers: '[1,2]' });
    expect(of(run.tags)).toMatchObject({
      'mlflow.runName': 'first',
      'mlflow.note.content': 'a note',
      'wandb.group': 'g',
      'wandb.run_id': 'abcd1234',
      'wandb.tags': 'a, b',
      'summary.verdict': 'good',
    });
    expect(run.points['val.acc']).toHaveLength(40);
    expect(run.points['val.acc']?.[4]).toMatchObject({ 0: 4, 2: 0.1 });
    expect(run.points.loss).toHaveLength(41);
    expect(run.points.loss?.at(-1)).toMatchObject({ 0: 50, 2: 'NaN' });
    expect(run.points.done?.[0]?.[2]).toBe(1);
    expect(run.points.best?.[0]?.[2]).toBe(0.025);
    expect(run.lost?.map(({ id, key, count }) => [`${id} ${key}`, count])).toEqual([
      ['abcd1234 word', 40],
      ['abcd1234 hist', 1],
    ]);
    const files = [];
    for await (const { path, size } of run.files?.list() ?? []) files.push([path, size]);
    expect(files).toEqual([['output.log', 6]]);
  });

  it('end where the writer was cut off, which is no fault', async () => {
    mkdirSync(join(home, 'live'));
    const live = join(home, 'live/run.wandb');
    copyFileSync(wandbLog, live);
    truncateSync(live, 9000);
    const broken: string[] = [];
    const whole = await all(wandbRecords(wandbLog, (why) => broken.push(why)));
    const some = await all(wandbRecords(live, (why) => broken.push(why)));
    expect(broken).toEqual([]);
    expect(some.length).toBeGreaterThan(5);
    expect(some).toEqual(whole.slice(0, some.length));
    const [run] = await runsOf(wandbFolder(live));
    expect(run).toMatchObject({ status: 'RUNNING', end_time: null, mark: undefined });
  });

  it('go on behind a broken block', async () => {
    const piece = (type: number, bytes: Buffer) => {
      const head = Buffer.alloc(7);
      head.writeUInt16LE(bytes.length, 4);
      head[6] = type;
      head.writeUInt32LE(crc32(Buffer.concat([head.subarray(6), bytes])), 0);
      return Buffer.concat([head, bytes]);
    };
    const begin = Buffer.from([0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe, 0]);
    const long = Buffer.alloc(70_000, 'x');
    const room = 32_768 - 7 - piece(1, Buffer.from('one')).length - 7;
    const file = join(home, 'blocks.wandb');
    const parts = [
      begin,
      piece(1, Buffer.from('one')),
      piece(2, long.subarray(0, room)),
      piece(3, long.subarray(room, room + 32_761)),
      piece(4, long.subarray(room + 32_761)),
      piece(1, Buffer.from('two')),
    ];
    writeFileSync(file, Buffer.concat(parts));
    const broken: string[] = [];
    expect(await all(wandbRecords(file, (why) => broken.push(why)))).toEqual([
      Buffer.from('one'),
      long,
      Buffer.from('two'),
    ]);
    expect(broken).toEqual([]);
    const wrong = changed(file, 'wrong.wandb', 40_000);
    expect(await all(wandbRecords(wrong, (why) => broken.push(why)))).toEqual([
      Buffer.from('one'),
      Buffer.from('two'),
    ]);
    expect(broken).toHaveLength(1);
    const other = join(home, 'other.wandb');
    writeFileSync(other, 'nothing of the kind');
    expect(await all(wandbRecords(other, (why) => broken.push(why)))).toEqual([]);
    expect(broken.at(-1)).toBe('This is no file of W&B.');
  });
});

describe('event files of TensorBoard', () => {
  it('are runs with scalars of both kinds and hparams', async () => {
    const runs = await runsOf(tensorboardFolder(join(golden, 'tensorboard')));
    expect(runs.map(({ name }) => name)).toEqual(['eval', 'train', 'train/trial']);
    const [evaluated, train, trial] = runs;
    expect(evaluated?.points.accuracy).toEqual(
      [0, 1, 2, 3, 4].map((step) => [step, 1_600_000_000_250 + step * 1000, step / 4]),
    );
    expect(train?.points.loss).toHaveLength(30);
    expect(train?.points.loss?.[2]).toEqual([2, 1_600_000_002_000, Math.fround(1 / 3)]);
    expect(train?.points.zero).toEqual([[0, 1_600_000_100_000, 0]]);
    expect(train).toMatchObject({ start_time: 1_600_000_000_000, status: 'FINISHED' });
    expect(train?.lost).toMatchObject([
      { id: 'train', key: 'weights', count: 1, why: 'It is no number: histograms.' },
    ]);
    expect(trial?.params).toEqual([
      { key: 'lr', value: '0.1' },
      { key: 'opt', value: 'adam' },
      { key: 'bn', value: 'true' },
    ]);
    expect(trial?.points.accuracy?.[0]?.[2]).toBe(0.5);
  });

  const record = (text: string) => {
    const bytes = Buffer.from(text);
    const head = Buffer.alloc(12);
    head.writeBigUInt64LE(BigInt(bytes.length), 0);
    head.writeUInt32LE(maskedCrc32c(head.subarray(0, 8)), 8);
    const tail = Buffer.alloc(4);
    tail.writeUInt32LE(maskedCrc32c(bytes), 0);
    return Buffer.concat([head, bytes, tail]);
  };

  it('give what is whole: a wrong record is passed over, a cut one ends them', async () => {
    const file = join(home, 'events');
    const bytes = Buffer.concat([record('one'), record('two'), record('three')]);
    writeFileSync(file, bytes);
    const read = async (path: string) => {
      const broken: string[] = [];
      const found = (await all(tfRecords(path, (why) => broken.push(why)))).map(String);
      return { found, broken: broken.length };
    };
    expect(await read(file)).toEqual({ found: ['one', 'two', 'three'], broken: 0 });
    expect(await read(changed(file, 'body', 19 + 12))).toEqual({ found: ['one', 'three'], broken: 1 });
    expect(await read(changed(file, 'length', 19))).toEqual({ found: ['one'], broken: 1 });
    writeFileSync(file, bytes.subarray(0, bytes.length - 3));
    expect(await read(file)).toEqual({ found: ['one', 'two'], broken: 0 });
  });
});
