import { badParameter } from './errors.ts';
import type { Batch, KeyValue, MetricInput } from './schema.ts';

/** The limits MLflow promises its clients, in characters or items. */
export const LIMITS = {
  key: 250,
  paramValue: 6000,
  tagValue: 8000,
  experimentName: 500,
  experimentTagValue: 20_000,
  batchMetrics: 1000,
  batchParams: 100,
  batchTags: 100,
  batchItems: 1000,
  batchBytes: 1_000_000,
  artifactLocation: 2048,
  datasetName: 500,
  datasetDigest: 36,
  datasetSchema: 1_048_575,
  datasetSource: 65_535,
  datasetProfile: 16_777_215,
  inputTagKey: 255,
  inputTagValue: 500,
} as const;

const USABLE = /^[/\w.\- :]*$/u;
const USABLE_WORDS =
  'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).';
const ASCII_WORD = /[^\x20-\x7e]/;

/** Names that would be another name when read as a path are refused, so that no two names mean one thing. */
export function checkKey(key: string, where: string): void {
  // Letters of every script are fine, as they are for Python's \w.
  const word = ASCII_WORD.test(key) ? key.replace(/[\p{L}\p{N}\p{M}]/gu, 'x') : key;
  if (!USABLE.test(word)) throw wrong(where, key, USABLE_WORDS);
  if (key.length > 0 && isPlain(key)) return;
  const plain = normalPath(key);
  if (plain !== key || plain === '.' || plain.startsWith('..') || plain.startsWith('/')) {
    throw wrong(
      where,
      key,
      `Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${plain}'`,
    );
  }
}

export function checkLength(what: string, limit: number, value: string): void {
  if (value.length > limit && Array.from(value).length > limit)
    throw badParameter(`'${what}' exceeds the maximum length of ${limit} characters`);
}

export function checkMetric(metric: MetricInput, where: string): void {
  checkKey(metric.key, where ? `${where}.name` : 'name');
  if (metric.timestamp < 0) {
    throw wrong(
      where ? `${where}.timestamp` : 'timestamp',
      metric.timestamp,
      `metric '${metric.key}' (value=${pythonFloat(metric.value)}). Timestamp must be a nonnegative long (64-bit integer) `,
    );
  }
  if (!Number.isSafeInteger(metric.step) || !Number.isSafeInteger(metric.timestamp))
    throw badParameter(`Metric '${metric.key}': step and timestamp must lie within ±2^53.`);
  checkLength('Metric name', LIMITS.key, metric.key);
}

/** The param to keep: MLflow cuts a value that is too long, so that no training ends for it. */
export function fitParam(param: KeyValue, where: string): KeyValue {
  checkKey(param.key, where ? `${where}.key` : 'key');
  checkLength('Param key', LIMITS.key, param.key);
  return fit(param, LIMITS.paramValue);
}

/** Keys and values of tags that are refused, not cut, when they are too long. */
export function checkTag(tag: KeyValue, where: string): void {
  const path = where ? `${where}.` : '';
  checkKey(tag.key, `${path}key`);
  checkLength(`${path}key`, LIMITS.key, tag.key);
  checkLength(`${path}value`, LIMITS.tagValue, tag.value);
}

/** The tag to keep: its value is cut as a param's is. */
export function fitTag(tag: KeyValue, where: string): KeyValue {
  const path = where ? `${where}.` : '';
  checkKey(tag.key, `${path}key`);
  checkLength(`${path}key`, LIMITS.key, tag.key);
  return fit(tag, LIMITS.tagValue);
}

function fit(pair: KeyValue, limit: number): KeyValue {
  if (pair.value.length <= limit) return pair;
  return { key: pair.key, value: Array.from(pair.value).slice(0, limit).join('') };
}

/** The tag to keep of a run's beginning, where MLflow takes every name. */
export function fitFirstTag(tag: KeyValue, where: string): KeyValue {
  checkText(`${where}.key`, tag.key);
  checkLength(`${where}.key`, LIMITS.key, tag.key);
  return fit(tag, LIMITS.tagValue);
}

/** The batch to keep. Throws when a name, a number or a count is not fit for it. */
export function fitBatch({ metrics = [], params: givenParams = [], tags: givenTags = [] }: Batch): Batch {
  for (const [index, metric] of metrics.entries()) checkMetric(metric, `metrics[${index}]`);
  const params = givenParams.map((param, index) => fitParam(param, `params[${index}]`));
  const tags = givenTags.map((tag, index) => fitTag(tag, `tags[${index}]`));
  atMost('metrics', LIMITS.batchMetrics, metrics.length);
  atMost('params', LIMITS.batchParams, params.length);
  atMost('tags', LIMITS.batchTags, tags.length);
  atMost('metrics, params, and tags', LIMITS.batchItems, metrics.length + params.length + tags.length);
  const seen = new Set<string>();
  const twice = params.filter((param) => seen.size === seen.add(param.key).size).map((param) => param.key);
  if (twice.length > 0) {
    throw badParameter(
      `Duplicate parameter keys have been submitted: ${pythonList(twice)}. Please ensure the request contains only one param value per param key.`,
    );
  }
  return { metrics, params, tags };
}

export function checkExperimentName(name: string): void {
  if (name === '') throw badParameter("Invalid experiment name: ''");
  checkLength('name', LIMITS.experimentName, name);
  checkText('name', name);
}

/** Control characters make two names look like one; nothing needs them in a name. */
export function checkText(what: string, text: string): void {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f\p{Surrogate}]/u.test(text))
    throw badParameter(`'${what}' holds a control character or half a character.`);
}

function atMost(what: string, limit: number, found: number): void {
  if (found <= limit) return;
  throw badParameter(
    `A batch logging request can contain at most ${limit} ${what}. Got ${found} ${what}. Please split up ${what} across multiple requests and try again.`,
  );
}

const wrong = (where: string, value: unknown, why: string) =>
  badParameter(`Invalid value ${JSON.stringify(value)} for parameter '${where}' supplied: ${why}`);

/** Numbers and lists of texts as Python prints them. */
export const pythonFloat = (value: number) => (Number.isInteger(value) ? `${value}.0` : String(value));
export const pythonList = (values: readonly string[]) =>
  `[${values.map((value) => `'${value}'`).join(', ')}]`;

const isPlain = (key: string) => !key.includes('/') && key !== '.' && !key.startsWith('..');

/** As Python's `posixpath.normpath`. */
function normalPath(path: string): string {
  if (path === '') return '.';
  const root = /^\/\/(?!\/)/.test(path) ? '//' : path.startsWith('/') ? '/' : '';
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..' || (root === '' && (parts.length === 0 || parts.at(-1) === '..'))) parts.push(part);
    else parts.pop();
  }
  return root + parts.join('/') || '.';
}
