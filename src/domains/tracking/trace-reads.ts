import type { Reader, ReadDatabase } from '../../database/index.ts';
import { JsonBytes } from '../../lib/contract/index.ts';
import { parseFilter, parseOrderBy } from '../../lib/search/parse.ts';
import { badParameter } from './errors.ts';
import type { SearchText } from './search-text.ts';
import { TRACE_KEYS, type TraceInfo, type TraceInfoV2 } from './schema/traces.ts';
import { assessmentStore } from './store/assessments.ts';
import type { Search } from './store/search.ts';
import { searchTraceRows } from './store/trace-search.ts';
import { type TraceRow, traceStore } from './store/traces.ts';
import { spanText } from './wire/spans.ts';
import { toTraceInfo, toTraceInfoV2, type TraceParts } from './wire/traces.ts';

export interface TraceSearch extends SearchText {
  project: string;
  experiments: readonly number[];
}

export interface TraceBatch {
  project: string;
  traceIds: readonly string[];
  /** Only traces of these. */
  experimentIds?: readonly string[] | undefined;
}

const DEFAULT = 100;
const MOST = 500;

export async function searchTraces(database: ReadDatabase, search: TraceSearch) {
  const { rows, parts, token } = await searched(database, search);
  const traces: TraceInfo[] = rows.map((row) => toTraceInfo(row, parts(row)));
  return {
    ...(traces.length > 0 ? { traces } : {}),
    ...(token === undefined ? {} : { next_page_token: token }),
  };
}

export async function searchTracesV2(database: ReadDatabase, search: TraceSearch) {
  const { rows, parts, token } = await searched(database, search);
  const traces: TraceInfoV2[] = rows.map((row) => toTraceInfoV2(row, parts(row)));
  return {
    ...(traces.length > 0 ? { traces } : {}),
    ...(token === undefined ? {} : { next_page_token: token }),
  };
}

export async function traceInfos(database: ReadDatabase, batch: TraceBatch) {
  const rows = await chosen(database, batch);
  const parts = await traceParts(database, rows);
  return rows.length > 0 ? { trace_infos: rows.map((row) => toTraceInfo(row, parts(row))) } : {};
}

/** The traces that are whole, with their spans. */
export async function wholeTraces(database: ReadDatabase, batch: TraceBatch): Promise<JsonBytes> {
  const texts = await tracesText(database, await chosen(database, batch), false);
  const found = texts.filter((text) => text !== undefined);
  return JsonBytes.of(found.length > 0 ? `{"traces":[${found.join(',')}]}` : '{}');
}

/** JSON of each trace with its spans, in order; undefined for one that is not whole, unless `partial`. */
export async function tracesText(
  database: ReadDatabase,
  rows: readonly TraceRow[],
  partial: boolean,
): Promise<(string | undefined)[]> {
  const { engine } = database.capabilities;
  const parts = await traceParts(database, rows);
  const spans = await traceStore(engine).spans(
    database.read,
    rows.map((row) => row.id),
  );
  return rows.map((row) => {
    const own = spans.get(row.id) ?? [];
    const wanted = Math.max(1, counted(parts(row).metadata?.get(TRACE_KEYS.sizes)));
    if (!partial && own.length < wanted) return undefined;
    const list =
      own.length === 0 ? '' : `,"spans":[${own.map((span) => spanText(row.trace_id, span)).join(',')}]`;
    return `{"trace_info":${JSON.stringify(toTraceInfo(row, parts(row)))}${list}}`;
  });
}

/** How many spans the client counted. */
function counted(sizes: string | undefined): number {
  try {
    const { num_spans } = JSON.parse(sizes ?? '{}') as { num_spans?: unknown };
    return typeof num_spans === 'number' ? num_spans : 0;
  } catch {
    return 0;
  }
}

/** Tags, metadata and assessments of traces; each kind is one query for all of them. */
export async function traceParts(
  { read, capabilities }: { read: Reader; capabilities: ReadDatabase['capabilities'] },
  rows: readonly TraceRow[],
): Promise<(row: TraceRow) => TraceParts> {
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return () => ({ tags: undefined, metadata: undefined });
  const { tags, metadata } = await traceStore(capabilities.engine).details(read, ids);
  const assessments = await assessmentStore(capabilities.engine).of(read, ids);
  return ({ id }) => ({
    tags: tags.get(id),
    metadata: metadata.get(id),
    assessments: assessments.get(id),
  });
}

async function searched(database: ReadDatabase, search: TraceSearch) {
  const { project, experiments } = search;
  const page = await searchTraceRows(database, { project, experiments }, searchOf(search));
  return { rows: page.items, parts: await traceParts(database, page.items), token: page.token };
}

function searchOf(text: SearchText): Search {
  const limit = text.limit ?? DEFAULT;
  if (limit > MOST) {
    throw badParameter(
      `Invalid value ${limit} for parameter 'max_results' supplied:  Hint: Value was of type 'int'. See the API docs for more information about request parameters.`,
    );
  }
  if (limit < 1)
    throw badParameter(
      `Invalid value ${limit} for parameter 'max_results' supplied. It must be a positive integer`,
    );
  return {
    filter: parseFilter(text.filter ?? '', 'traces'),
    orderBy: parseOrderBy(text.orderBy ?? [], 'traces'),
    limit,
    token: text.token || undefined,
  };
}

/** In the order they are asked for, each once. */
async function chosen(
  { read, capabilities }: ReadDatabase,
  { project, traceIds, experimentIds }: TraceBatch,
): Promise<TraceRow[]> {
  const ids = [...new Set(traceIds)];
  const rows = await traceStore(capabilities.engine).findMany(read, project, ids);
  const byId = new Map(rows.map((row) => [row.trace_id, row]));
  return ids
    .flatMap((id) => byId.get(id) ?? [])
    .filter((row) => experimentIds === undefined || experimentIds.includes(String(row.experiment)));
}
