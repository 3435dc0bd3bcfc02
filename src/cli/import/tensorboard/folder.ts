import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { CollectedRun, madeRunId, pairsOfMap } from '../collected-run.ts';
import { tfRecords } from '../records/tf-record.ts';
import type { Source, SourceRun } from '../source.ts';
import { type Event, eventReaders, type Hparams, type Tensor, type Value } from './messages.ts';

const EVENTS = /\.tfevents\./;
/** Of TensorFlow's numbers of types. */
const [FLOAT, DOUBLE, INT32, INT64, BOOL] = [1, 2, 3, 9, 10];

/** Event files below a folder: what lies in one folder is one run, which has the path of the folder as its name. */
export function tensorboardFolder(root: string): Source {
  const name = basename(root);
  return {
    name: `tensorboard ${root}`,
    async *experiments() {
      yield { id: name, name, lifecycle: 'active', tags: [] };
    },
    async *runs() {
      for (const { folder, files } of await eventFolders(root)) yield await readRun(root, folder, files);
    },
  };
}

async function eventFolders(folder: string): Promise<{ folder: string; files: string[] }[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries
    .filter((entry) => entry.isFile() && EVENTS.test(entry.name))
    .map((entry) => entry.name);
  const found = files.length > 0 ? [{ folder, files }] : [];
  for (const entry of entries)
    if (entry.isDirectory()) found.push(...(await eventFolders(join(folder, entry.name))));
  return found;
}

async function readRun(root: string, folder: string, files: readonly string[]): Promise<SourceRun> {
  const read = await eventReaders();
  const run = new CollectedRun();
  const plugins = new Map<string, string>();
  const sizes: number[] = [];
  let end: Hparams['end'];
  for (const file of files) {
    sizes.push((await stat(join(folder, file))).size);
    for await (const bytes of tfRecords(join(folder, file), (why) => run.skip(file, why))) {
      let event: Event;
      try {
        event = read.event(bytes);
      } catch {
        run.skip(file, 'A record cannot be read.');
        continue;
      }
      const time = (event.wall_time ?? 0) * 1000;
      run.seen(time);
      for (const value of event.summary?.value ?? []) {
        const content = value.metadata?.plugin_data?.content;
        // Only the first value of a tag says whose it is.
        const plugin = value.metadata?.plugin_data?.plugin_name || plugins.get(value.tag ?? '') || '';
        plugins.set(value.tag ?? '', plugin);
        if (plugin === 'hparams') end = addHparams(run, content ? read.hparams(content) : {}) ?? end;
        else addValue(run, value, plugin, event.step ?? 0, time);
      }
    }
  }
  const path = relative(root, folder) || basename(root);
  run.tags.set('mlflow.runName', path);
  return {
    run_id: madeRunId('tensorboard', relative(root, folder), files[0] ?? ''),
    name: path,
    user_id: '',
    status: end?.status === 2 ? 'FAILED' : 'FINISHED',
    start_time: Number.isFinite(run.began) ? run.began : 0,
    end_time: run.ended,
    lifecycle: 'active',
    params: pairsOfMap(run.params),
    tags: pairsOfMap(run.tags),
    datasets: [],
    model_inputs: [],
    model_outputs: [],
    location: folder,
    mark: JSON.stringify(sizes),
    series: () => run.series(),
    lost: run.lost(path),
  };
}

function addValue(run: CollectedRun, value: Value, plugin: string, step: number, time: number): void {
  const key = value.tag ?? '';
  const number =
    value.simple_value ?? (plugin === 'scalars' || plugin === '' ? scalarOf(value.tensor) : undefined);
  if (number !== undefined) run.point(key, step, time, number);
  else run.skip(key, `It is no number: ${plugin || kindOf(value)}.`);
}

const kindOf = ({ image, histo, audio }: Value): string =>
  image ? 'images' : histo ? 'histograms' : audio ? 'audio' : 'a tensor';

/** The only number of a tensor; undefined when it has more, or none. */
function scalarOf(tensor: Tensor | undefined): number | undefined {
  if (!tensor) return undefined;
  const lists = [tensor.float_val, tensor.double_val, tensor.int_val, tensor.int64_val, tensor.bool_val];
  const listed = lists.flatMap((list): (number | boolean)[] => list ?? []);
  if (listed.length === 1) return Number(listed[0]);
  const bytes = tensor.tensor_content;
  if (listed.length > 0 || !bytes) return undefined;
  if (tensor.dtype === FLOAT && bytes.length === 4) return bytes.readFloatLE(0);
  if (tensor.dtype === DOUBLE && bytes.length === 8) return bytes.readDoubleLE(0);
  if (tensor.dtype === INT32 && bytes.length === 4) return bytes.readInt32LE(0);
  if (tensor.dtype === INT64 && bytes.length === 8) return Number(bytes.readBigInt64LE(0));
  return tensor.dtype === BOOL && bytes.length === 1 ? bytes[0] : undefined;
}

function addHparams(run: CollectedRun, { start, end }: Hparams): Hparams['end'] {
  for (const { key = '', value } of start?.hparams ?? [])
    run.params.set(key, value?.string ?? String(value?.number ?? value?.bool ?? ''));
  if (end?.end_time_secs) run.seen(end.end_time_secs * 1000);
  return end;
}
