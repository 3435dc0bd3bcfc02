import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CollectedRun, madeRunId, pairsOfMap } from '../collected-run.ts';
import { folder, withMore } from '../files.ts';
import { wandbRecords } from '../records/wandb-log.ts';
import type { Source, SourceRun } from '../source.ts';
import { filesOfArtifacts, tagsOfArtifacts } from './artifacts.ts';
import { type Item, recordReader, type Time, type WandbArtifact, type WandbRecord } from './messages.ts';

const DEEPEST = 4;
const NOT_A_NUMBER = 'It is no number.';

/** Runs of W&B in the files that its client writes beside or instead of sending: a `.wandb` file, or a folder that has such below it. */
export function wandbFolder(root: string): Source {
  const read = new Map<string, { experiment: string; run: SourceRun }>();

  async function load(): Promise<void> {
    for (const file of await logsBelow(root, DEEPEST))
      if (!read.has(file)) read.set(file, await readLog(file));
  }

  return {
    name: `wandb ${root}`,
    async *experiments() {
      await load();
      const names = new Set([...read.values()].map(({ experiment }) => experiment));
      for (const name of [...names].sort()) yield { id: name, name, lifecycle: 'active', tags: [] };
    },
    async *runs({ name }) {
      for (const { experiment, run } of read.values()) if (experiment === name) yield run;
    },
  };
}

async function logsBelow(path: string, depth: number): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path];
  const found: string[] = [];
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith('.wandb')) found.push(join(path, entry.name));
    // A link to the latest run would bring it twice.
    else if (entry.isDirectory() && depth > 0)
      found.push(...(await logsBelow(join(path, entry.name), depth - 1)));
  }
  return found.sort();
}

async function readLog(file: string): Promise<{ experiment: string; run: SourceRun }> {
  const read = await recordReader();
  const run = new CollectedRun();
  const about: NonNullable<WandbRecord['run']> = {};
  const summary = new Map<string, unknown>();
  const config = new Map<string, unknown>();
  const artifacts: WandbArtifact[] = [];
  let exit: WandbRecord['exit'];
  let step = 0;
  let samples = 0;
  for await (const bytes of wandbRecords(file, (why) => run.skip('', why))) {
    let record: WandbRecord;
    try {
      record = read(bytes);
    } catch {
      run.skip('', 'A record cannot be read.');
      continue;
    }
    if (record.run) Object.assign(about, record.run);
    for (const items of [record.run?.config, record.config]) put(config, items?.update);
    for (const items of [record.run?.summary, record.summary]) put(summary, items?.update);
    if (record.history) step = addHistory(run, record.history, step);
    if (record.stats) {
      const time = msOf(record.stats.timestamp);
      for (const { key = '', value_json } of record.stats.item ?? []) {
        const value = parsed(value_json);
        if (typeof value === 'number') run.point(`system/${key}`, samples, time, value);
        else run.skip(`system/${key}`, NOT_A_NUMBER);
      }
      samples++;
    }
    if (record.artifact) artifacts.push(record.artifact);
    exit = record.exit ?? exit;
  }
  const start = msOf(about.start_time) || run.began;
  run.seen(start);
  if (exit?.runtime) run.seen(start + exit.runtime * 1000);
  addConfig(run, config);
  addSummary(run, summary, step);
  return { experiment: about.project || 'wandb', run: await asRun(file, run, about, artifacts, exit) };
}

async function asRun(
  file: string,
  run: CollectedRun,
  about: NonNullable<WandbRecord['run']>,
  artifacts: readonly WandbArtifact[],
  exit: WandbRecord['exit'],
): Promise<SourceRun> {
  const { run_id: theirs = basename(file, '.wandb'), entity = '', project = '', git, tags = [] } = about;
  const named: Record<string, string | undefined> = {
    'mlflow.runName': about.display_name || theirs,
    'mlflow.note.content': about.notes,
    'mlflow.source.git.commit': git?.commit,
    'mlflow.source.git.repoURL': git?.remote_url,
    'wandb.run_id': theirs,
    'wandb.entity': entity,
    'wandb.group': about.run_group,
    'wandb.job_type': about.job_type,
    'wandb.host': about.host,
    'wandb.tags': tags.join(', '),
  };
  for (const [key, value] of Object.entries(named)) if (value) run.tags.set(key, value);
  for (const [key, value] of tagsOfArtifacts(artifacts)) run.tags.set(key, value);
  const logged = await filesOfArtifacts(theirs, artifacts);
  const run_id = madeRunId('wandb', entity, project, theirs);
  const home = dirname(file);
  const { size, mtimeMs } = await stat(file);
  return {
    run_id,
    name: about.display_name || theirs,
    user_id: entity,
    status: exit === undefined ? 'RUNNING' : exit.exit_code ? 'FAILED' : 'FINISHED',
    start_time: Number.isFinite(run.began) ? run.began : 0,
    end_time: exit === undefined ? null : run.ended,
    lifecycle: 'active',
    params: pairsOfMap(run.params),
    tags: pairsOfMap(run.tags),
    datasets: [],
    model_inputs: [],
    model_outputs: [],
    location: home,
    files: withMore(folder(join(home, 'files')), logged.files),
    mark: exit === undefined ? undefined : JSON.stringify([size, mtimeMs]),
    series: () => run.series(),
    lost: [...run.lost(theirs), ...logged.lost],
  };
}

function addHistory(
  run: CollectedRun,
  { item = [], step: given }: NonNullable<WandbRecord['history']>,
  last: number,
) {
  const values = new Map(item.map((one) => [keyOf(one), valueOf(one)]));
  const own = values.get('_step');
  const step = given?.num ?? (typeof own === 'number' ? own : last + 1);
  const seconds = values.get('_timestamp');
  const time = typeof seconds === 'number' ? seconds * 1000 : run.ended;
  for (const [key, value] of joined(values)) {
    if (key.startsWith('_')) continue;
    for (const [path, leaf] of leavesOf(key, value)) {
      const number = numberOf(leaf);
      if (number === undefined) run.skip(path, NOT_A_NUMBER);
      else run.point(path, step, time, number);
    }
  }
  return step;
}

/** Values that were only ever said of the whole run. */
function addSummary(run: CollectedRun, summary: ReadonlyMap<string, unknown>, step: number): void {
  for (const [key, value] of joined(summary)) {
    if (key.startsWith('_')) continue;
    for (const [path, leaf] of leavesOf(key, value)) {
      if (run.has(path)) continue;
      const number = numberOf(leaf);
      if (number !== undefined) run.point(path, step, run.ended, number);
      else if (typeof leaf === 'string') run.tags.set(`summary.${path}`, leaf);
    }
  }
}

function addConfig(run: CollectedRun, config: ReadonlyMap<string, unknown>): void {
  for (const [key, value] of config) {
    if (key === '_wandb' || key.startsWith('_wandb.')) continue;
    for (const [path, leaf] of leavesOf(key, value))
      run.params.set(path, typeof leaf === 'string' ? leaf : (JSON.stringify(leaf) ?? 'null'));
  }
}

function put(into: Map<string, unknown>, items: readonly Item[] = []): void {
  for (const item of items) into.set(keyOf(item), valueOf(item));
}

/** Images, histograms and the like come as several values of one path, the type among them: they are one value. */
function joined(values: ReadonlyMap<string, unknown>): Map<string, unknown> {
  const typed = [...values.keys()]
    .filter((key) => key.endsWith('._type'))
    .map((key) => key.slice(0, -'._type'.length));
  if (typed.length === 0) return new Map(values);
  const found = new Map<string, unknown>();
  for (const [key, value] of values) {
    const whole = typed.find((path) => key.startsWith(`${path}.`));
    if (whole === undefined) found.set(key, value);
    else found.set(whole, { _type: values.get(`${whole}._type`) });
  }
  return found;
}

/** Values of nested objects by their path with dots. What has a type of its own (images, histograms …) is one value. */
function leavesOf(key: string, value: unknown): [string, unknown][] {
  if (value === null || typeof value !== 'object' || Array.isArray(value) || '_type' in value)
    return [[key, value]];
  return Object.entries(value).flatMap(([part, inner]) => leavesOf(`${key}.${part}`, inner));
}

const keyOf = ({ key, nested_key = [] }: Item): string =>
  nested_key.length > 0 ? nested_key.join('.') : (key ?? '');

function valueOf(item: Item): unknown {
  if (item.value_json !== undefined) return parsed(item.value_json);
  if (item.json !== undefined) return parsed(item.json);
  return item.number ?? item.integer ?? item.boolean ?? item.text ?? null;
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return null;
  const special: Record<string, number> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity };
  if (text in special) return special[text];
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  // W&B writes these as texts.
  if (value === 'NaN') return Number.NaN;
  return value === 'Infinity' || value === '-Infinity' ? Number(value) : undefined;
}

const msOf = (time: Time | undefined): number =>
  time === undefined ? 0 : (time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
