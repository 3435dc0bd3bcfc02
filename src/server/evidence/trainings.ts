import type { Evidence, Window } from '../../domains/maturity/evidence.ts';
import { compareRuns } from '../../domains/tracking/reproduction.ts';
import { AppError } from '../../lib/errors.ts';
import { parseUrn, splitProject, type Urn, urn, urnIn } from '../../lib/urn.ts';
import { type EvidenceParts, tallyOf } from './parts.ts';

/** Files in which MLflow's clients pin what a model needs to run. */
const PINNED = ['requirements.txt', 'conda.yaml', 'python_env.yaml'];
const MOST_TRAININGS = 10;
/** Distance at which a repeated metric still counts as the same: narrower than what a person may call reproduced. */
export const SAME_WITHIN = 1e-3;

type Findings = Pick<
  Evidence,
  'runs' | 'runCommits' | 'versions' | 'trainings' | 'featureViewsUsed' | 'reproductions'
>;

/** A pipeline run that made model versions, newest first. */
export interface Training {
  run: string;
  firing: number | null;
  by: 'rule' | 'schedule' | 'person';
  versions: { name: string; version: number }[];
}

/** What runs, versions and pipeline runs prove. */
export function trainingFindings(parts: EvidenceParts): Findings {
  const { tracking, registry, serving, features, lineage } = parts;

  return {
    async runs(project, window) {
      const runs = await tracking.runFacts(project, window);
      const locked = await lockedRuns(
        parts,
        project,
        runs.map((run) => run.pipeline_run),
      );
      const withCommit = tallyOf(
        runs,
        (run) => run.commit !== null,
        (run) => urn('run', run.run_id),
      );
      return {
        total: runs.length,
        withCommit: withCommit.found,
        withDataDigest: runs.filter((run) => run.datasets > 0).length,
        withEnvironmentLock: runs.filter((run) => run.pipeline_run !== null && locked.has(run.pipeline_run))
          .length,
        proofs: withCommit.proofs,
      };
    },
    async runCommits(project, window) {
      const first = new Map<string, Urn>();
      for (const run of await tracking.runFacts(project, window))
        if (run.commit !== null && !first.has(run.commit)) first.set(run.commit, urn('run', run.run_id));
      return [...first].map(([commit, of]) => ({ commit, of }));
    },
    async versions(project, window) {
      const versions = await registry.versionsBetween(project, window);
      const runs = await runsOf(parts, project, versions);
      const locked = await lockedRuns(
        parts,
        project,
        [...runs.values()].map((run) => run.pipeline_run),
      );
      const whole = new Set<(typeof versions)[number]>();
      for (const version of versions) {
        const run = runs.get(version.run_id);
        if (!run || run.params === 0 || run.metrics === 0 || run.datasets === 0) continue;
        if (run.pipeline_run !== null && locked.has(run.pipeline_run)) whole.add(version);
        else if (await hasPins({ project, ...version })) whole.add(version);
      }
      return tallyOf(
        versions,
        (version) => whole.has(version),
        (version) => urnIn(project, 'model-version', version.name, version.version),
      );
    },
    async trainings(project, window) {
      const all = await trainingsOf(parts, project, window);
      return all.slice(0, MOST_TRAININGS).map(({ run, by }) => ({ of: urn('pipeline-run', run), by }));
    },
    async featureViewsUsed(project, window) {
      const used = new Map<string, Urn>();
      for (const endpoint of await serving.list(project))
        for (const arm of endpoint.arms) {
          const row = await serving.deploymentOf(endpoint.name, arm.deployment);
          for (const join of row?.route.feature_service?.joins ?? [])
            used.set(join.view, urnIn(project, 'feature-view', join.view, join.view_version));
        }
      for (const { name, version } of (await registry.versionsBetween(project, window)).slice(
        0,
        MOST_TRAININGS,
      )) {
        const graph = await lineage.walk(urnIn(project, 'model-version', name, version), {
          direction: 'up',
          depth: 3,
        });
        for (const node of graph.nodes) {
          const { kind, parts: own } = parseUrn(node.urn);
          if (kind === 'feature-view') used.set(splitProject(own, 2).own[0] ?? '', node.urn as Urn);
        }
      }
      const total = (await features.listViews(project)).length;
      return {
        found: used.size,
        total: Math.max(total, used.size),
        proofs: [...used.values()].slice(0, 5),
      };
    },
    async reproductions(project, window) {
      const repeats = (await tracking.runFacts(project, window)).filter(
        (run) => run.reproduces !== null && run.status === 'FINISHED',
      );
      const same = new Map<string, boolean>();
      for (const { run_id, reproduces } of repeats) {
        const first = reproduces as string;
        same.set(first, same.get(first) === true || (await cameOutTheSame(parts, project, first, run_id)));
      }
      return tallyOf(
        [...same],
        ([, good]) => good,
        ([run]) => urn('run', run),
      );
    },
  };

  async function hasPins(ref: { project: string; name: string; version: number }): Promise<boolean> {
    const manifest = await registry.manifestOf(ref);
    return manifest?.files.some((file) => PINNED.includes(file.path.split('/').at(-1) ?? '')) ?? false;
  }
}

/** Pipeline runs that made a registered version in the span, newest first, and what started each. */
export async function trainingsOf(
  parts: EvidenceParts,
  project: string,
  window: Window,
): Promise<Training[]> {
  const versions = await parts.registry.versionsBetween(project, window);
  const runs = await runsOf(parts, project, versions);
  const made = new Map<string, Training['versions']>();
  for (const { name, version, run_id } of versions) {
    const run = runs.get(run_id)?.pipeline_run;
    if (run) made.set(run, [...(made.get(run) ?? []), { name, version }]);
  }
  const found: (Training & { at: number })[] = [];
  for (const [run, versions] of made) {
    const item = await orUnknown(parts.pipelines.runItem(project, run));
    if (item) found.push({ run, versions, at: item.created_at, ...(await startOf(project, item.reason)) });
  }
  return found.toSorted((a, b) => b.at - a.at);

  async function startOf(of: string, reason: { kind: string; cause: string | null }) {
    const { kind, parts: own } = reason.cause?.startsWith('rondo:')
      ? parseUrn(reason.cause)
      : { kind: null, parts: [] };
    if (reason.kind !== 'rule' || kind !== 'firing') return { by: 'person', firing: null } as const;
    const id = Number(own[0]);
    const firing = await orUnknown(parts.automation.firing(of, id));
    if (!firing) return { by: 'person', firing: null } as const;
    // A rule that somebody calls by hand did not start by itself.
    const by = { 'schedule.due': 'schedule', 'rule.called': 'person' } as const;
    const type = firing.event.type as keyof typeof by;
    return { by: by[type] ?? ('rule' as const), firing: id };
  }
}

async function runsOf(parts: EvidenceParts, project: string, versions: readonly { run_id: string }[]) {
  const ids = [...new Set(versions.map((version) => version.run_id).filter((id) => id !== ''))];
  const facts = await parts.tracking.runFacts(project, { ids });
  return new Map(facts.map((run) => [run.run_id, run]));
}

/** Of these pipeline runs, those whose code was applied with the digest of a lock file. */
async function lockedRuns(
  parts: EvidenceParts,
  project: string,
  runs: readonly (string | null)[],
): Promise<Set<string>> {
  const locks = new Map<string, boolean>();
  const locked = new Set<string>();
  for (const id of new Set(runs)) {
    const item = id === null ? undefined : await orUnknown(parts.pipelines.runItem(project, id));
    if (!item) continue;
    const code = `${item.pipeline}/${item.version}`;
    if (!locks.has(code))
      locks.set(code, (await parts.pipelines.get(project, item.pipeline, item.version)).code.lock !== null);
    if (locks.get(code)) locked.add(item.id);
  }
  return locked;
}

/** The same data, and every metric of the first run again, each within `SAME_WITHIN` of its value. */
async function cameOutTheSame(
  { tracking }: EvidenceParts,
  project: string,
  first: string,
  again: string,
): Promise<boolean> {
  const [a, b] = await Promise.all([
    orUnknown(tracking.getRun(project, first)),
    orUnknown(tracking.getRun(project, again)),
  ]);
  return (
    a !== undefined &&
    b !== undefined &&
    first !== again &&
    compareRuns(a, b, { tolerance: SAME_WITHIN }).agrees
  );
}

async function orUnknown<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof AppError && error.status === 404) return undefined;
    throw error;
  }
}
