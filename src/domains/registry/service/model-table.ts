import type { NewestMetric } from '../schema/evaluation.ts';
import { judgementsOf } from '../store/evaluations.ts';
import { countModels, type ModelCounts } from '../store/models.ts';
import { newestRuns } from '../store/versions.ts';
import type { RegistryContext } from './context.ts';

/** What a table of many models asks: each a few queries for all of them. */
export function modelTableVerbs({ database, ground }: RegistryContext) {
  return {
    countModels: (project: string, prompts: boolean): Promise<ModelCounts> =>
      countModels(database.read, project, prompts),

    /** Of the named models that were judged or whose newest version names a run with metrics, in the order of the names. */
    async newestMetrics(project: string, names: readonly string[]): Promise<NewestMetric[]> {
      const { read, capabilities } = database;
      const judged = new Map(
        (await judgementsOf(read, capabilities.engine, project, names)).map((each) => [each.model, each]),
      );
      const runs = await newestRuns(
        read,
        project,
        names.filter((name) => !judged.has(name)),
      );
      const metrics = await ground.tracking.firstMetrics(
        project,
        [...runs.values()].map(({ run_id }) => run_id),
      );
      return names.flatMap((model): NewestMetric[] => {
        const judgement = judged.get(model);
        if (judgement) return [{ model, judgement }];
        const newest = runs.get(model);
        const metric = newest && metrics.get(newest.run_id);
        return metric ? [{ model, logged: { ...newest, metric } }] : [];
      });
    },
  };
}
