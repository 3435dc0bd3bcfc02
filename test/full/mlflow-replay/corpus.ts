import { artifacts, graphql, server } from './corpus/artifacts.ts';
import { experiments, experimentSearch } from './corpus/experiments.ts';
import { metrics } from './corpus/metrics.ts';
import { loggedModels, registry } from './corpus/models.ts';
import { runs, runSearch } from './corpus/runs.ts';
import { traces } from './corpus/traces.ts';
import type { Scenario } from './step.ts';

export const CORPUS: readonly Scenario[] = [
  experiments,
  experimentSearch,
  runs,
  runSearch,
  metrics,
  loggedModels,
  registry,
  traces,
  artifacts,
  server,
  graphql,
];
