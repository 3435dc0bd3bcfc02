import type { Evaluation } from '../schema/evaluation.ts';

/** A run beside the others: its version, the newest evaluation of it, and the one that pairs it with the baseline run. */
export interface Evaluated {
  run: string;
  version: number | undefined;
  evaluation: Evaluation | undefined;
  paired: Evaluation | undefined;
  /** The baseline run's version is the candidate of the pair, so its gain is the loss of this one. */
  turned: boolean;
}

/** One column per run, in their order; of several versions of a run the newest counts. Evaluations come newest first. */
export function evaluatedRuns(
  runs: readonly string[],
  base: string,
  versions: readonly { version: number; run: string }[],
  evaluations: readonly Evaluation[],
): Evaluated[] {
  const versionOf = (run: string) => {
    const own = versions.filter((each) => each.run === run).map((each) => each.version);
    return own.length === 0 ? undefined : Math.max(...own);
  };
  const pair = (candidate: number | undefined, champion: number | undefined) =>
    candidate === undefined || champion === undefined
      ? undefined
      : evaluations.find((each) => each.version === candidate && each.champion === champion);
  const against = versionOf(base);
  return runs.map((run) => {
    const version = versionOf(run);
    const direct = pair(version, against);
    return {
      run,
      version,
      evaluation: evaluations.find((each) => each.version === version),
      paired: direct ?? pair(against, version),
      turned: direct === undefined,
    };
  });
}

/** Metrics of these evaluations, those by which gates judge first. */
export function metricsOf(columns: readonly Evaluated[]): string[] {
  const losses = columns.flatMap(({ evaluation }) => evaluation?.loss ?? []);
  const all = columns.flatMap(({ evaluation }) => Object.keys(evaluation?.reports.candidate?.metrics ?? {}));
  return [...new Set([...losses, ...all])];
}
