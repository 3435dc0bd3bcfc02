import { createHash } from 'node:crypto';
import { TAG_VALUE_LENGTH } from '../../domains/registry/policy.ts';
import {
  EXPERIMENT_TAGS,
  fitPairs,
  fitText,
  keyFault,
  PARAMS,
  TAGS,
} from '../../domains/tracking/import-fit.ts';
import { LIMITS } from '../../domains/tracking/limits.ts';
import type { KeyValue } from '../../domains/tracking/schema.ts';
import {
  type ImportedExperiment,
  type ImportedModel,
  type ImportedRun,
  ImportedTrace,
} from '../../domains/tracking/schema/import.ts';
import { Assessment } from '../../domains/tracking/schema/traces.ts';
import type {
  Lost,
  SourceExperiment,
  SourceModel,
  SourceRegistered,
  SourceRun,
  SourceTrace,
} from './source.ts';

/** A thing as it can be kept here, and what of it cannot, or not as it was. */
export interface Fitted<T> {
  thing: T;
  lost: Lost[];
}

/** What is kept of a user's name and of a model's type, in characters: SQLite under MLflow takes longer ones. */
const MOST_USER = 256;
const MOST_TYPE = 500;
const MOST_MESSAGE = 10_000;
const MOST_ID = 64;
const MOST_INPUT_ID = 250;
const MOST_SOURCE = 4096;
const MOST_SPANS = 20_000;
const MOST_DESCRIPTION = 1_000_000;
/** The last day that a clock of JavaScript knows. */
const LAST_MS = 8_640_000_000_000_000;
/** Control characters, which no name may hold. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f\p{Surrogate}]/gu;

const WHOLE_VALUE = 'Log it as an artifact to have all of it.';
const RENAME = 'Log it under another name to have it here.';
const REGISTERED_TAGS = {
  limit: TAG_VALUE_LENGTH,
  fault: (key: string) => (key === '' ? 'The name is empty.' : keyFault(key)),
};

export function fitExperiment(given: SourceExperiment): Fitted<ImportedExperiment> {
  const fit = new Fit('experiments', given.name || given.id);
  const { lifecycle } = given;
  return fit.done({
    id: given.id.slice(0, MOST_INPUT_ID) || 'none',
    name: fit.experimentName(given),
    lifecycle,
    created_at: fit.time('created_at', given.created_at, undefined),
    updated_at: fit.time('updated_at', given.updated_at, undefined),
    tags: fit.pairs('tags', given.tags, EXPERIMENT_TAGS),
  });
}

export function fitRun(given: SourceRun): Fitted<Omit<ImportedRun, 'experiment_id'>> {
  const fit = new Fit('runs', given.run_id);
  return fit.done({
    run_id: given.run_id,
    name: fit.name('name', given.name, LIMITS.tagValue),
    user_id: fit.text('user_id', given.user_id, MOST_USER),
    status: given.status,
    start_time: fit.time('start_time', given.start_time, 0),
    end_time: fit.time('end_time', given.end_time, null),
    lifecycle: given.lifecycle,
    params: fit.pairs('params', given.params, PARAMS),
    tags: fit.pairs('tags', given.tags, TAGS),
    datasets: given.datasets.flatMap((input) => fit.dataset(input)),
    model_inputs: given.model_inputs.filter(({ model_id }) => fit.modelId('model_inputs', model_id)),
    model_outputs: given.model_outputs
      .filter(({ model_id }) => fit.modelId('model_outputs', model_id))
      .map(({ model_id, step }) => ({ model_id, step: fit.whole('step of an output', step) })),
  });
}

export function fitModel(given: SourceModel): Fitted<Omit<ImportedModel, 'experiment_id'>> {
  const fit = new Fit('logged models', given.model_id);
  const { model_id, status, lifecycle, status_message: message } = given;
  return fit.done({
    model_id,
    name: fit.name('name', given.name, LIMITS.tagValue),
    model_type: fit.text('model_type', given.model_type, MOST_TYPE),
    source_run_id: fit.id('source_run_id', given.source_run_id),
    status,
    status_message: message === null ? null : fit.text('status_message', message, MOST_MESSAGE),
    lifecycle,
    created_at: fit.time('created_at', given.created_at, 0),
    updated_at: fit.time('updated_at', given.updated_at, 0),
    params: fit.pairs('params', given.params, PARAMS),
    tags: fit.pairs('tags', given.tags, TAGS),
    metrics: given.metrics.filter(({ key, step, timestamp }) => {
      const why = keyFault(key) ?? (isPlace(step, timestamp) ? undefined : OUTSIDE);
      if (why !== undefined) fit.lose('metrics', key, why);
      return why === undefined;
    }),
  });
}

/** A step or time that cannot be kept. */
export const OUTSIDE =
  'Steps lie within ±2^53, times in ms after 1970 and below 2^53: log it again with others.';
export const isPlace = (step: number, time: number): boolean =>
  Number.isSafeInteger(step) && Number.isSafeInteger(time) && time >= 0;

export function fitTrace(given: SourceTrace): Fitted<SourceTrace> {
  const fit = new Fit('traces', given.trace_id);
  const { info } = given;
  const whole = given.spans.slice(0, MOST_SPANS);
  if (whole.length < given.spans.length)
    fit.lose('spans', '', `It has ${given.spans.length} spans, and the first ${MOST_SPANS} are kept.`);
  const Span = ImportedTrace.shape.spans.element;
  const Info = ImportedTrace.shape.info.shape;
  const spans = whole.filter((span) => fit.valid('spans', span.span_id, Span.safeParse(span)));
  const assessments = info.assessments.filter((said) =>
    fit.valid('assessments', said.assessment_name ?? said.assessment_id ?? '', Assessment.safeParse(said)),
  );
  const timed = fit.valid('traces', 'request_time', Info.request_time.safeParse(info.request_time));
  const { execution_duration: took } = info;
  const lasted = fit.valid('traces', 'execution_duration', Info.execution_duration.safeParse(took));
  return fit.done({
    ...given,
    info: {
      ...info,
      request_time: timed ? info.request_time : new Date(0).toISOString(),
      execution_duration: lasted ? took : undefined,
      assessments,
    },
    spans,
  });
}

export function fitRegistered(given: SourceRegistered): Fitted<SourceRegistered> {
  const fit = new Fit('registered models', given.name);
  const versions = given.versions.map((version) => {
    const of = new Fit('versions', `${given.name}/${version.version}`);
    const fitted = {
      ...version,
      description: of.text('description', version.description, MOST_DESCRIPTION),
      source: of.text('source', version.source, MOST_SOURCE),
      run_link: of.text('run_link', version.run_link, MOST_SOURCE),
      run_id: of.id('run_id', version.run_id),
      model_id: of.id('model_id', version.model_id),
      user_id: of.text('user_id', version.user_id, MOST_USER),
      created_at: of.time('created_at', version.created_at, 0),
      updated_at: of.time('updated_at', version.updated_at, 0),
      tags: of.pairs('tags', version.tags, REGISTERED_TAGS),
    };
    fit.lost.push(...of.lost);
    return fitted;
  });
  return fit.done({
    ...given,
    description: fit.text('description', given.description, MOST_DESCRIPTION),
    created_at: fit.time('created_at', given.created_at, 0),
    updated_at: fit.time('updated_at', given.updated_at, 0),
    tags: fit.pairs('tags', given.tags, REGISTERED_TAGS),
    versions,
  });
}

/** Makes the parts of one thing fit, and collects what was lost by it. */
class Fit {
  readonly lost: Lost[] = [];
  readonly #kind: string;
  readonly #id: string;

  constructor(kind: string, id: string) {
    this.#kind = kind;
    this.#id = id;
  }

  done<T>(thing: T): Fitted<T> {
    return { thing, lost: this.lost };
  }

  lose(kind: string, key: string, why: string): void {
    this.lost.push({ kind, id: this.#id, ...(key === '' ? {} : { key }), why });
  }

  text(field: string, value: string, most: number): string {
    const { text, why } = fitText(value, most);
    if (why !== undefined) this.lose(this.#kind, field, why);
    return text;
  }

  name(field: string, value: string, most: number): string {
    const clean = value.replace(CONTROL, ' ');
    if (clean !== value)
      this.lose(this.#kind, field, 'Control characters were replaced by spaces: rename it as you like.');
    return this.text(field, clean, most);
  }

  /** Two names that become the same must stay two. */
  experimentName({ id, name }: SourceExperiment): string {
    const clean = name.normalize('NFC').replace(CONTROL, ' ');
    if (clean !== '' && clean === name.normalize('NFC') && clean.length <= LIMITS.experimentName) return name;
    const mark = createHash('sha256').update(name).digest('hex').slice(0, 8);
    const short = Array.from(clean)
      .slice(0, LIMITS.experimentName - 20)
      .join('');
    const kept = short === '' ? `experiment ${id.slice(0, 100)}` : `${short} (${mark})`;
    this.lose(
      this.#kind,
      'name',
      `A name has 1 to ${LIMITS.experimentName} characters and none of control: it is '${kept}' here.`,
    );
    return kept;
  }

  /** An id of something else, which is nothing when it is cut. */
  id(field: string, value: string): string {
    if (value.length <= MOST_ID) return value;
    this.lose(this.#kind, field, `An id has at most ${MOST_ID} characters: it is empty here.`);
    return '';
  }

  modelId(field: string, value: string): boolean {
    const fits = value.length > 0 && value.length <= MOST_INPUT_ID;
    if (!fits) this.lose(this.#kind, field, `An id has 1 to ${MOST_INPUT_ID} characters.`);
    return fits;
  }

  whole(field: string, value: number): number {
    if (Number.isSafeInteger(value)) return value;
    this.lose(this.#kind, field, `${value} is no whole number within ±2^53: it is 0 here.`);
    return 0;
  }

  /** Epoch ms. */
  time<T extends number | null | undefined, O>(field: string, value: T, otherwise: O): T | O {
    if (value === null || value === undefined) return value;
    if (Number.isInteger(value) && Math.abs(value) <= LAST_MS) return value;
    const rounded = Math.round(value);
    if (Math.abs(rounded) <= LAST_MS) return rounded as T;
    const instead = otherwise === undefined || otherwise === null ? 'unset' : '1970';
    this.lose(this.#kind, field, `${value} is no time in ms: it is ${instead} here.`);
    return otherwise;
  }

  pairs(
    kind: 'params' | 'tags',
    pairs: readonly KeyValue[],
    fitness: Parameters<typeof fitPairs>[1],
  ): KeyValue[] {
    const { kept, faults } = fitPairs(pairs, fitness);
    const there = new Set(kept.map(({ key }) => key));
    for (const { key, why } of faults)
      this.lose(kind, key, `${why} ${there.has(key) ? WHOLE_VALUE : RENAME}`);
    return kept;
  }

  /** What names a dataset is whole or nothing; what describes it may be missing. */
  dataset({ dataset, tags = [] }: ImportedRun['datasets'][number]): ImportedRun['datasets'] {
    const { name, digest, source } = dataset;
    if (name.length > LIMITS.datasetName || digest.length > LIMITS.datasetDigest) {
      const most = `${LIMITS.datasetName} characters, a digest of ${LIMITS.datasetDigest}`;
      this.lose(
        'datasets',
        name.slice(0, 100),
        `A dataset has a name of at most ${most}. Log it again with shorter ones.`,
      );
      return [];
    }
    const part = (field: string, value: string | undefined, most: number) => {
      if (value === undefined || value.length <= most) return value;
      this.lose(
        'datasets',
        name,
        `Its ${field} has ${value.length} characters of at most ${most}: it is empty here.`,
      );
      return undefined;
    };
    const schema = part('schema', dataset.schema, LIMITS.datasetSchema);
    const profile = part('profile', dataset.profile, LIMITS.datasetProfile);
    const kept = tags.filter(({ key, value }) => {
      const fits = key.length <= LIMITS.inputTagKey && value.length <= LIMITS.inputTagValue;
      if (!fits) this.lose('datasets', name, `Its tag '${key.slice(0, 100)}' is too long. ${WHOLE_VALUE}`);
      return fits;
    });
    return [
      {
        tags: kept,
        dataset: {
          name,
          digest,
          source_type: dataset.source_type,
          source: part('source', source, LIMITS.datasetSource) ?? '',
          ...(schema === undefined ? {} : { schema }),
          ...(profile === undefined ? {} : { profile }),
        },
      },
    ];
  }

  valid(
    kind: string,
    key: string,
    result: { success: boolean; error?: { issues: { path: PropertyKey[]; message: string }[] } },
  ): boolean {
    const [issue] = result.error?.issues ?? [];
    if (issue) this.lose(kind, key, [issue.path.join('.'), issue.message].filter(Boolean).join(': '));
    return result.success;
  }
}
