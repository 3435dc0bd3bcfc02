import {
  type Answer,
  type Difference,
  differences,
  headersOf,
  bodyOf,
  type Same,
  sorted,
} from './answers.ts';
import { knownReason } from './known.ts';
import type { KeptAnswer } from './state.ts';

export interface Finding extends Difference {
  /** Set where Rondo differs on purpose. */
  why?: string;
}

const DAY_MS = 86_400_000;
/** Times that each server takes from its own clock. */
const OWN_TIMES =
  /^(creation_time(stamp(_ms)?)?|creationTime|last_update(d)?_time(stamp(_ms)?)?|lastUpdate\w*|create_time)$/;
const TOKENS = /^next_?[pP]age_?[tT]oken$/;
/** Where files lie: each server has a root of its own. */
const PLACES = /^(artifact_uri|artifactUri|artifact_location|artifactLocation|root_uri|rootUri)$/;

/** Values that have to differ between two servers, and do so no more than they have to. */
export const mayDiffer: Same = (key, mlflow, rondo) => {
  if (OWN_TIMES.test(key)) return Math.abs(timeOf(mlflow) - timeOf(rondo)) < DAY_MS;
  if (typeof mlflow !== 'string' || typeof rondo !== 'string') return false;
  if (TOKENS.test(key)) return mlflow !== '' && rondo !== '';
  return PLACES.test(key) && mlflow.endsWith(`/${rondo.replace(/^[\w+-]+:\/+/, '')}`);
};

const timeOf = (value: unknown): number =>
  typeof value === 'number' ? value : /^\d+$/.test(String(value)) ? Number(value) : Date.parse(String(value));

/** The answer as it is compared: JSON field by field with the address of the server taken out, else, and unless `asText`, its digest. */
export function comparable(kept: KeptAnswer, origin: string, asText: boolean): Answer {
  const plain = (text: string) => text.replaceAll(origin, '<server>');
  const headers = headersOf(kept.headers, plain);
  if (kept.text === null || !asText)
    return { status: kept.status, headers, body: { sha256: kept.sha256, bytes: kept.bytes } };
  const body = bodyOf(plain(kept.text), headers['content-type']);
  return { status: kept.status, headers, body: sorted(body) };
}

export function findings(route: string, mlflow: Answer, rondo: Answer): Finding[] {
  return differences(mlflow, rondo, mayDiffer).map((one) => {
    const why = knownReason({ ...one, route, mlflowAnswer: mlflow, rondoAnswer: rondo });
    return why === undefined ? one : { ...one, why };
  });
}

const NAMES = ['run_id', 'run_uuid', 'experiment_id', 'model_id', 'trace_id', 'source_run_id'];

/** The things that a request or an answer names: ids, and registered models as `model:<name>`. */
export function thingsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const each of value) thingsIn(each, found);
  else if (value !== null && typeof value === 'object') {
    const of = value as Record<string, unknown>;
    for (const id of [...NAMES.map((name) => of[name]), ...listOf(of.experiment_ids)])
      if (typeof id === 'string' && id !== '' && id !== '0') found.add(id);
    if (of.creation_timestamp !== undefined && typeof of.name === 'string') found.add(`model:${of.name}`);
    for (const each of Object.values(of)) thingsIn(each, found);
  }
  return found;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** The things that a request names, in its path, query and body. */
export function namedBy(url: URL, body: unknown): Set<string> {
  const found = thingsIn(body);
  thingsIn(Object.fromEntries(url.searchParams), found);
  for (const [id] of url.pathname.matchAll(/\b(?:m-|tr-)?[0-9a-f]{32}\b/g)) found.add(id);
  if (/\/(registered-models|model-versions)\//.test(url.pathname)) {
    const name = (body as { name?: unknown } | undefined)?.name ?? url.searchParams.get('name');
    if (typeof name === 'string') found.add(`model:${name}`);
  }
  return found;
}
