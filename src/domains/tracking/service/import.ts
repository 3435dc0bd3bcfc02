import type { Tx } from '../../../database/index.ts';
import type { JsonBytes } from '../../../lib/contract/index.ts';
import { AppError } from '../../../lib/errors.ts';
import { urn } from '../../../lib/urn.ts';
import type { Actor } from '../../identity/schema.ts';
import { placeOf, proxiedPath } from '../artifact-path.ts';
import { absent, badParameter } from '../errors.ts';
import { keyFault } from '../import-fit.ts';
import { checkExperimentName, checkMetric } from '../limits.ts';
import type { MetricInput } from '../schema.ts';
import type {
  ExperimentOutcome,
  ImportedExperiment,
  ImportedSeries,
  ImportedTrace,
  Outcome,
  PlacedOutcome,
} from '../schema/import.ts';
import { TRACE_KEYS, type TraceInfoInput } from '../schema/traces.ts';
import { isEnded } from '../states.ts';
import { experimentTags, findExperimentByName, putExperimentTags } from '../store/experiments.ts';
import { claimExperimentNumber, missingPoints } from '../store/import.ts';
import { findLoggedModel } from '../store/logged-models.ts';
import { storedValue } from '../store/metrics.ts';
import type { TrackingContext } from './context.ts';
import type { SentSpan } from '../otlp/read.ts';
import { traceStore } from '../store/traces.ts';
import { freshPairs, importedModel, importedRun } from './imported.ts';
import { listNames } from '../../../artifacts/index.ts';

/** What one write holds: others write in between. */
const THINGS_AT_ONCE = 20;
const POINTS_AT_ONCE = 1000;
const SERIES_AT_ONCE = 100;

/** Brings in what was tracked elsewhere, as it was. */
export function importVerbs(
  context: TrackingContext,
  others: {
    recordSpans(actor: Actor, project: string, experiment: string, spans: readonly SentSpan[]): Promise<void>;
    startTrace(actor: Actor, project: string, info: TraceInfoInput): Promise<unknown>;
  },
) {
  const { database, ground, metrics } = context;
  const { engine } = database.capabilities;
  const traces = traceStore(engine);

  /** One fact for a whole request: no rule and no webhook is to start a thousand times for what happened long ago. */
  async function tell(tx: Tx, project: string, kind: string, results: readonly Outcome[]): Promise<void> {
    const count = (outcome: Outcome['outcome']) => results.filter((one) => one.outcome === outcome).length;
    const data = { kind, imported: count('imported'), changed: count('changed'), refused: count('refused') };
    if (data.imported + data.changed === 0) return;
    const subject = urn('project', project);
    await ground.events.append(tx, { type: 'tracking.imported', source: 'tracking', subject, project, data });
  }

  /** `body` refuses before it writes; what it refuses is refused by itself. */
  async function each<T, R extends Outcome>(
    project: string,
    kind: string,
    items: readonly T[],
    body: (tx: Tx, item: T) => Promise<R>,
    refusal: (item: T, why: string) => R,
  ): Promise<R[]> {
    await context.ready(project);
    const results: R[] = [];
    for (let start = 0; start < items.length; start += THINGS_AT_ONCE) {
      const made = await database.write(async (tx) => {
        const part: R[] = [];
        for (const item of items.slice(start, start + THINGS_AT_ONCE)) {
          try {
            part.push(await body(tx, item));
          } catch (error) {
            if (!(error instanceof AppError)) throw error;
            part.push(refusal(item, error.message));
          }
        }
        if (start + THINGS_AT_ONCE >= items.length) await tell(tx, project, kind, [...results, ...part]);
        return part;
      });
      results.push(...made);
    }
    return results;
  }

  /** Where the files of a trace go; empty where clients of its experiment write to a place of their own. */
  async function filesOf({ id }: { id: number }): Promise<string> {
    const { tags } = await traces.details(database.read, [id]);
    const location = tags.get(id)?.get(TRACE_KEYS.artifactLocation) ?? '';
    return proxiedPath(location) === undefined ? '' : location;
  }

  async function putExperiment(
    tx: Tx,
    project: string,
    given: ImportedExperiment,
  ): Promise<ExperimentOutcome> {
    const { id, lifecycle } = given;
    const name = given.name.normalize('NFC');
    checkExperimentName(name);
    const before = await findExperimentByName(tx, project, name);
    const known = before ? (await experimentTags(tx, [before.id])).get(before.id) : [];
    const tags = freshPairs(given.tags, known ?? []);
    if (before) {
      await putExperimentTags(tx, before.id, tags);
      return { id, outcome: tags.length > 0 ? 'changed' : 'present', experiment_id: String(before.id) };
    }
    const number = await claimExperimentNumber(tx, engine, id);
    const made = await context.insertExperiment(tx, {
      ...(number === undefined ? {} : { id: number }),
      project,
      name,
    });
    if (!made) throw badParameter(`Experiment(name=${name}) was made by somebody else just now.`);
    const { created_at = made.created_at, updated_at = created_at } = given;
    await tx
      .updateTable('experiments')
      .set({ lifecycle, created_at, updated_at })
      .where('id', '=', made.id)
      .execute();
    await putExperimentTags(tx, made.id, tags);
    return { id, outcome: 'imported', experiment_id: String(made.id) };
  }

  /** Adds what is missing of pieces of series, in one write. Answers how many points that were. */
  async function putPoints(project: string, pieces: readonly ImportedSeries[]): Promise<number> {
    return database.write(async (tx) => {
      let added = 0;
      for (const run_id of new Set(pieces.map((piece) => piece.run_id))) {
        const ofRun = pieces.filter((piece) => piece.run_id === run_id);
        const row = await context.run(tx, project, run_id);
        const fresh: MetricInput[] = [];
        for (const { key, steps, times, values } of ofRun) {
          const points = steps.map((step, index) => ({
            step,
            ts: times[index] as number,
            ...storedValue(values[index] as number),
          }));
          for (const { step, ts, value, is_nan } of await missingPoints(
            tx,
            engine,
            row.id,
            context.keys.number(key),
            points,
          ))
            fresh.push({ key, step, timestamp: ts, value: is_nan === 1 ? Number.NaN : value });
        }
        if (fresh.length > 0)
          await metrics.append(
            tx,
            [{ id: row.id, metrics: fresh, ended: isEnded(row.status) }],
            context.keys,
          );
        added += fresh.length;
      }
      return added;
    });
  }

  return {
    importExperiments: (_actor: Actor, project: string, experiments: readonly ImportedExperiment[]) =>
      each(
        project,
        'experiments',
        experiments,
        (tx, one) => putExperiment(tx, project, one),
        ({ id }, why): ExperimentOutcome => ({ id, outcome: 'refused', why, experiment_id: null }),
      ),

    importRuns: (_actor: Actor, project: string, given: Parameters<typeof importedRun>[3][]) =>
      each(
        project,
        'runs',
        given,
        (tx, one) => importedRun(context, tx, project, one),
        ({ run_id: id }, why) => ({ id, outcome: 'refused' as const, why, artifact_uri: '' }),
      ),

    importLoggedModels: (_actor: Actor, project: string, models: Parameters<typeof importedModel>[3][]) =>
      each(
        project,
        'logged models',
        models,
        (tx, one) => importedModel(context, tx, project, one),
        ({ model_id: id }, why) => ({ id, outcome: 'refused' as const, why, artifact_uri: '' }),
      ),

    /** Points of runs of the project. Answers how many of them were not there. */
    async importPoints(_actor: Actor, project: string, given: readonly ImportedSeries[]): Promise<number> {
      for (const { key, steps, times } of given) {
        const fault = keyFault(key);
        if (fault) throw badParameter(fault);
        for (const [index, step] of steps.entries())
          checkMetric({ key, step, timestamp: times[index] as number, value: 0 }, '');
      }
      for (const run_id of new Set(given.map((series) => series.run_id)))
        await context.run(database.read, project, run_id);
      const making = context.keys.intern(given.map(({ key }) => key));
      if (making) await making;
      let points = 0;
      for (const pieces of piecesOf(given)) points += await putPoints(project, pieces);
      for (const run_id of new Set(given.map((series) => series.run_id)))
        ground.signals.emit(project, `run:${run_id}`, { metrics: points });
      return points;
    },

    /** A trace whose client told all of it is there; of one that was cut off in between, the rest is added. */
    async importTraces(actor: Actor, project: string, given: readonly ImportedTrace[]) {
      const results: PlacedOutcome[] = [];
      for (const { info, spans } of given) {
        const id = info.trace_id;
        try {
          const before = await traces.find(database.read, project, id);
          if (before?.finalized === 1) {
            results.push({ id, outcome: 'present', artifact_uri: await filesOf(before) });
            continue;
          }
          const experiment = info.trace_location.mlflow_experiment?.experiment_id ?? '';
          const sent = spans.map(({ span_id, parent_id, ...span }) => ({
            traceId: id,
            spanId: span_id,
            parentId: parent_id,
            ...span,
            resource: {},
          }));
          await others.recordSpans(actor, project, experiment, sent);
          await others.startTrace(actor, project, info);
          const made = await traces.find(database.read, project, id);
          results.push({ id, outcome: 'imported', artifact_uri: made ? await filesOf(made) : '' });
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          results.push({ id, outcome: 'refused', why: error.message, artifact_uri: '' });
        }
      }
      await database.write((tx) => tell(tx, project, 'traces', results));
      return results;
    },

    importDigests: (project: string, run_ids: readonly string[]): Promise<JsonBytes> =>
      context.reads.run('tracking.importDigests', { project, run_ids }),

    /** Files below a location of this server, by their path below it. */
    async importFiles(project: string, artifactUri: string) {
      const proxied = proxiedPath(artifactUri);
      if (proxied === undefined) throw badParameter('The location is outside this server.');
      const at = placeOf(project, proxied);
      const [kind, id = ''] = at.root.split('/');
      if (kind === 'run') await context.run(database.read, project, id);
      if (kind === 'model' && !(await findLoggedModel(database.read, project, id)))
        throw absent(`Logged model with ID '${id}' not found.`);
      const skip = at.path === '' ? 0 : at.path.length + 1;
      const names = await listNames(database.read, at.root, at.path);
      return names.map(({ path, size, digest }) => ({ path: path.slice(skip), size, digest }));
    },
  };
}

/** Series cut and put together so that each group can be one write. */
function* piecesOf(given: readonly ImportedSeries[]): Generator<ImportedSeries[]> {
  let group: ImportedSeries[] = [];
  let points = 0;
  for (const series of given) {
    for (let start = 0; start < series.steps.length; start += POINTS_AT_ONCE) {
      const cut = <T>(column: readonly T[]) => column.slice(start, start + POINTS_AT_ONCE);
      const piece = {
        ...series,
        steps: cut(series.steps),
        times: cut(series.times),
        values: cut(series.values),
      };
      if (points + piece.steps.length > POINTS_AT_ONCE || group.length >= SERIES_AT_ONCE) {
        if (group.length > 0) yield group;
        group = [];
        points = 0;
      }
      group.push(piece);
      points += piece.steps.length;
    }
  }
  if (group.length > 0) yield group;
}
