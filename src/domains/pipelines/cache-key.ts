import { createHash } from 'node:crypto';
import type { CacheParts } from './schema/runs.ts';

/** JSON with sorted keys, so that equal values have equal texts. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

interface CacheSubject {
  step: string;
  code: string;
  lock: string | null;
  launcher: string;
  env: Record<string, string>;
  /** Resolved inputs by name with the kind each was declared as. */
  inputs: Record<string, unknown>;
  kinds: Record<string, string>;
  params: Record<string, unknown>;
  ignore: readonly string[];
}

/** The components that decide whether an earlier result may stand in for a new run of the step. */
export function cacheParts(subject: CacheSubject): CacheParts {
  const parts: CacheParts = {
    step: subject.step,
    code: subject.code,
    'lock file': subject.lock ?? 'none',
    launcher: subject.launcher,
  };
  if (Object.keys(subject.env).length > 0) parts.environment = sha256(canonical(subject.env));
  for (const [name, value] of Object.entries(subject.inputs)) {
    if (!subject.ignore.includes(name)) parts[`input ${name}`] = identityOf(value, subject.kinds[name]);
  }
  for (const [name, value] of Object.entries(subject.params)) {
    if (!subject.ignore.includes(name)) parts[`parameter ${name}`] = short(canonical(value));
  }
  return parts;
}

export const cacheKey = (parts: CacheParts): string => sha256(canonical(parts));

/** The names of the components that differ, each with its change in words. */
export function changedParts(before: CacheParts, now: CacheParts): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.flatMap((name) => {
    const [old, fresh] = [before[name], now[name]];
    if (old === fresh) return [];
    if (old === undefined) return [`${name} is new`];
    if (fresh === undefined) return [`${name} is gone`];
    return [`${name} changed (${brief(old)} to ${brief(fresh)})`];
  });
}

/** A file is its bytes and a dataset version its digest, whatever they are called. */
function identityOf(value: unknown, kind: string | undefined): string {
  if (Array.isArray(value)) return short(canonical(value.map((item) => identityOf(item, kind))));
  const digest = (value as { digest?: unknown } | null)?.digest;
  if ((kind === 'file' || kind === 'dataset') && typeof digest === 'string') return digest;
  return short(canonical(value));
}

const short = (text: string): string => (text.length <= 100 ? text : `sha256:${sha256(text)}`);
const brief = (text: string): string => {
  const model = /^\{"name":"([^"\\]+)","version":"?(\w+)"?\}$/.exec(text);
  if (model) return `${model[1]} v${model[2]}`;
  const plain = text.replace(/^sha256:/, '');
  return /^[0-9a-f]{64}$/.test(plain)
    ? plain.slice(0, 8)
    : plain.length > 40
      ? `${plain.slice(0, 39)}…`
      : plain;
};
