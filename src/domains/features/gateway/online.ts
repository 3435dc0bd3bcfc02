import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { conflict, invalid } from '../../../lib/errors.ts';
import { ViewFile } from './file.ts';
import type { Batch, ViewHeader } from './frames.ts';
import { FeaturePush, numbersOf } from './push.ts';
import { View } from './view.ts';

export interface OnlineStore {
  /** Stores the rows on disk, then in memory. The same batch id again changes nothing. 400, 409 (other features), 503 (disk). */
  push(batch: unknown): Promise<{ rows: number; duplicate: boolean }>;
  /** The rows of a view for reading; undefined before its first push. Ask again for each read: pruning replaces it. */
  view(project: string, name: string, version: number): View | undefined;
  /** Partitions of which the view holds everything. */
  partitions(project: string, name: string, version: number): string[];
  /** From now on rows older than the view's newest event time minus `ms` may be dropped. */
  keep(project: string, name: string, version: number, ms: number): void;
  status(): {
    project: string;
    view: string;
    version: number;
    rows: number;
    keys: number;
    bytes: number;
    newest_event_time: number | null;
  }[];
  close(): Promise<void>;
}

interface Entry {
  header: ViewHeader;
  view: View;
  file: ViewFile;
  /** Recent batch ids, oldest first. */
  batches: Set<string>;
  /** Partitions that are whole. */
  partitions: Set<string>;
  checkAt: number;
}

const REMEMBERED_BATCHES = 10_000;
const PRUNE_AT_LEAST = 20_000;
const ROWS_PER_FRAME = 50_000;

const idOf = (project: string, name: string, version: number) => `${project}/${name}@${version}`;

/** Opens the embedded online store: one file per view version in `folder`, everything in memory. One process at a time. */
export async function openOnlineStore(folder: string): Promise<OnlineStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const entries = new Map<string, Entry>();
  const keeps = new Map<string, number>();
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.view')) continue;
    const entry = await loadEntry(join(folder, name));
    if (entry) entries.set(idOf(entry.header.project, entry.header.view, entry.header.version), entry);
    else await rename(join(folder, name), join(folder, `${name}.damaged`));
  }
  let turn: Promise<unknown> = Promise.resolve();

  async function store(push: FeaturePush): Promise<{ rows: number; duplicate: boolean }> {
    const id = idOf(push.project, push.view, push.version);
    let entry = entries.get(id);
    if (!entry) {
      const { project, view, version, features } = push;
      const header = { project, view, version, features };
      const file = await ViewFile.create(join(folder, `${encodeURIComponent(id)}.view`), header);
      entry = { ...emptyOf(header), file };
      entries.set(id, entry);
    }
    if (push.features.join('\n') !== entry.header.features.join('\n')) {
      throw conflict(
        `Feature view ${push.view} version ${push.version} holds ${entry.header.features.join(', ')}; the push names ${push.features.join(', ')}.`,
        'Give the changed view a new version.',
      );
    }
    if (entry.batches.has(push.batch_id)) {
      if (push.completes && !entry.partitions.has(push.completes.partition)) {
        const end = { ...rowsOf(entry.view, [], ''), completes: push.completes };
        await entry.file.append(end);
        apply(entry, end);
      }
      return { rows: 0, duplicate: true };
    }
    const batch = toBatch(push);
    await entry.file.append(batch);
    apply(entry, batch);
    const keep = keeps.get(id);
    if (keep !== undefined && entry.view.rows >= entry.checkAt) await prune(entry, keep);
    return { rows: push.keys.length, duplicate: false };
  }

  return {
    async push(batch) {
      const parsed = FeaturePush.safeParse(batch);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw invalid(
          `The push is not usable: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
        );
      }
      const done = turn.then(() => store(parsed.data));
      turn = done.catch(() => {});
      return done;
    },
    view: (project, name, version) => entries.get(idOf(project, name, version))?.view,
    partitions: (project, name, version) => [
      ...(entries.get(idOf(project, name, version))?.partitions ?? []),
    ],
    keep: (project, name, version, ms) => void keeps.set(idOf(project, name, version), ms),
    status: () =>
      [...entries.values()].map(({ header, view }) => ({
        project: header.project,
        view: header.view,
        version: header.version,
        rows: view.rows,
        keys: view.keys,
        bytes: view.bytes,
        newest_event_time: view.rows > 0 ? view.newestEventTime : null,
      })),
    async close() {
      await turn;
      for (const entry of entries.values()) await entry.file.close();
    },
  };
}

const emptyOf = (header: ViewHeader): Omit<Entry, 'file'> => ({
  header,
  view: new View(header.features),
  batches: new Set(),
  partitions: new Set(),
  checkAt: PRUNE_AT_LEAST,
});

async function loadEntry(path: string): Promise<Entry | undefined> {
  let loaded: Omit<Entry, 'file'> | undefined;
  const file = await ViewFile.load(
    path,
    (batch) => loaded && apply(loaded, batch),
    (header) => {
      loaded = emptyOf(header);
    },
  );
  return file && loaded && { ...loaded, file };
}

function toBatch(push: FeaturePush): Batch {
  const numbers = new Map<string, number>();
  const keyOf = Uint32Array.from(push.keys, (key) => {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  });
  const created = push.created_times;
  return {
    batchId: push.batch_id,
    completes: push.completes,
    keys: [...numbers.keys()],
    keyOf,
    event: Float64Array.from(push.event_times),
    created:
      typeof created === 'number'
        ? new Float64Array(push.keys.length).fill(created)
        : Float64Array.from(created),
    values: numbersOf(push.values),
  };
}

function apply(entry: Pick<Entry, 'view' | 'batches' | 'partitions'>, batch: Batch): void {
  const width = entry.view.features.length;
  for (let i = 0; i < batch.event.length; i++) {
    const key = batch.keys[batch.keyOf[i] as number] as string;
    entry.view.add(key, batch.event[i] as number, batch.created[i] as number, batch.values, i * width);
  }
  if (batch.completes) {
    for (const part of batch.completes.replaces) entry.partitions.delete(part);
    entry.partitions.add(batch.completes.partition);
  }
  if (batch.batchId === '') return;
  entry.batches.add(batch.batchId);
  if (entry.batches.size > REMEMBERED_BATCHES)
    entry.batches.delete(entry.batches.values().next().value as string);
}

/** Drops rows that no read can reach any more, once they are at least half of all; rewrites the file. */
async function prune(entry: Entry, keep: number): Promise<void> {
  const { view } = entry;
  const cutoff = view.newestEventTime - keep;
  let old = 0;
  for (const { row } of view.each()) if (view.eventTime(row) < cutoff) old++;
  entry.checkAt = Math.max(PRUNE_AT_LEAST, Math.ceil(view.rows * 1.25));
  if (old * 2 < view.rows) return;
  entry.file = await entry.file.replace(entry.header, keptBatches(entry, cutoff));
  const kept = new View(view.features);
  for (const batch of keptBatches(entry, cutoff)) apply({ ...entry, view: kept }, batch);
  entry.view = kept;
  entry.checkAt = Math.max(PRUNE_AT_LEAST, kept.rows * 2);
}

/** What is known of batches and partitions as empty batches, then the rows to keep under no id. */
function* keptBatches(entry: Entry, cutoff: number): Generator<Batch> {
  const { view } = entry;
  for (const id of entry.batches) yield rowsOf(view, [], id);
  for (const partition of entry.partitions)
    yield { ...rowsOf(view, [], ''), completes: { partition, replaces: [] } };
  let rows: { key: string; row: number }[] = [];
  for (const item of view.each()) {
    if (view.eventTime(item.row) < cutoff) continue;
    rows.push(item);
    if (rows.length < ROWS_PER_FRAME) continue;
    yield rowsOf(view, rows, '');
    rows = [];
  }
  yield rowsOf(view, rows, '');
}

function rowsOf(view: View, rows: readonly { key: string; row: number }[], batchId: string): Batch {
  const keys = [...new Set(rows.map(({ key }) => key))];
  const numbers = new Map(keys.map((key, i) => [key, i]));
  const width = view.features.length;
  const values = new Float64Array(rows.length * width);
  rows.forEach(({ row }, i) => {
    for (let j = 0; j < width; j++) values[i * width + j] = view.value(row, j);
  });
  return {
    batchId,
    keys,
    keyOf: Uint32Array.from(rows, ({ key }) => numbers.get(key) as number),
    event: Float64Array.from(rows, ({ row }) => view.eventTime(row)),
    created: Float64Array.from(rows, ({ row }) => view.createdTime(row)),
    values,
  };
}
