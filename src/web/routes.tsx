import type { ComponentType } from 'react';
import type { z } from 'zod';
import type { Clock } from '../ui/time.ts';
import { FIELDS, searchSchema } from './search.ts';

/** One page of the product. */
export interface Page {
  /** Address with `$name` for a part that varies: `/p/$project/models/$model/$version`. */
  path: string;
  title: string;
  load: () => Promise<ComponentType>;
  /** The clock the page starts in: pages of data in event time, pages of work in wall clock (the default). */
  clock?: Clock;
  /** Its search parameters. A broken one is dropped with a note. */
  search?: z.ZodObject;
}

/** Every page, one line each. A page lives in its room's `pages`; this list is where it gets an address. */
export const PAGES: readonly Page[] = [
  { path: '/kit', title: 'Kit', load: async () => (await import('./gallery.tsx')).Gallery },
  {
    path: '/p/$project/overview',
    search: searchSchema({}),
    title: 'Overview',
    load: async () => (await import('./overview/overview.tsx')).Overview,
  },
  {
    path: '/inbox',
    search: searchSchema({ id: FIELDS.id }, ['done']),
    title: 'Inbox',
    load: async () => (await import('./inbox-page.tsx')).InboxPage,
  },
  {
    path: '/p/$project/settings',
    title: 'Settings',
    load: async () => (await import('./settings-page.tsx')).Settings,
  },
  {
    path: '/p/$project/releases',
    search: searchSchema({ id: FIELDS.id }),
    title: 'Releases',
    load: async () => (await import('../domains/releases/pages/releases.tsx')).Releases,
  },
  {
    path: '/p/$project/releases/$promotion',
    search: searchSchema({ id: FIELDS.id }),
    title: 'Promotion',
    load: async () => (await import('../domains/releases/pages/releases.tsx')).Releases,
  },
  {
    path: '/p/$project/lineage',
    search: searchSchema({ of: FIELDS.text, way: FIELDS.text, depth: FIELDS.id }),
    title: 'Lineage',
    load: async () => (await import('../domains/lineage/pages/lineage.tsx')).Lineage,
  },
  {
    path: '/p/$project/charter',
    search: searchSchema({}, ['history']),
    title: 'Charter',
    load: async () => (await import('../domains/projects/pages/charter.tsx')).Charter,
  },
  {
    path: '/p/$project/endpoints',
    search: searchSchema({}),
    title: 'Endpoints',
    load: async () => (await import('../domains/serving/pages/endpoints.tsx')).Endpoints,
  },
  {
    path: '/p/$project/endpoints/$endpoint',
    search: searchSchema({ w: FIELDS.text }, ['traffic', 'versions']),
    title: 'Endpoint',
    load: async () => (await import('../domains/serving/pages/endpoint.tsx')).Endpoint,
  },
  {
    path: '/p/$project/predictions',
    search: searchSchema({ endpoint: FIELDS.name, from: FIELDS.moment, to: FIELDS.moment }),
    title: 'Predictions',
    clock: 'event',
    load: async () => (await import('../domains/serving/pages/predictions.tsx')).Predictions,
  },
  {
    path: '/p/$project/predictions/$prediction',
    search: searchSchema({}),
    title: 'Why this answer?',
    clock: 'event',
    load: async () => (await import('../domains/serving/pages/prediction.tsx')).Prediction,
  },
  {
    path: '/p/$project/monitors',
    search: searchSchema({}, ['alerts']),
    title: 'Monitors',
    clock: 'event',
    load: async () => (await import('../domains/monitoring/pages/monitors.tsx')).Monitors,
  },
  {
    path: '/p/$project/monitors/$monitor',
    search: searchSchema({ w: FIELDS.moment, f: FIELDS.name }),
    title: 'Monitor',
    clock: 'event',
    load: async () => (await import('../domains/monitoring/pages/monitor.tsx')).Monitor,
  },
  {
    path: '/p/$project/rollouts',
    search: searchSchema({}),
    title: 'Rollouts',
    clock: 'event',
    load: async () => (await import('../domains/rollouts/pages/rollouts.tsx')).Rollouts,
  },
  {
    path: '/p/$project/rollouts/$rollout',
    search: searchSchema({}, ['looks', 'plan']),
    title: 'Rollout',
    clock: 'event',
    load: async () => (await import('../domains/rollouts/pages/rollout.tsx')).Rollout,
  },
  {
    path: '/p/$project/datasets',
    search: searchSchema({}),
    title: 'Datasets',
    load: async () => (await import('../domains/datasets/pages/datasets.tsx')).Datasets,
  },
  {
    path: '/p/$project/datasets/$dataset',
    search: searchSchema({ column: FIELDS.name }, ['checks', 'rows', 'versions']),
    title: 'Dataset',
    load: async () => (await import('../domains/datasets/pages/dataset.tsx')).Dataset,
  },
  {
    path: '/p/$project/datasets/$dataset/$version',
    search: searchSchema({ column: FIELDS.name }, ['checks', 'rows', 'versions']),
    title: 'Dataset',
    load: async () => (await import('../domains/datasets/pages/dataset.tsx')).Dataset,
  },
  {
    path: '/p/$project/prompts',
    search: searchSchema({}),
    title: 'Prompts',
    load: async () => (await import('../domains/registry/pages/prompts.tsx')).Prompts,
  },
  {
    path: '/p/$project/prompts/$prompt',
    search: searchSchema({ v: FIELDS.id }),
    title: 'Prompt',
    load: async () => (await import('../domains/registry/pages/prompt.tsx')).Prompt,
  },
  {
    path: '/p/$project/models',
    search: searchSchema({}),
    title: 'Models',
    load: async () => (await import('./model-pages.tsx')).ModelsPage,
  },
  {
    path: '/p/$project/models/$model',
    search: searchSchema({}),
    title: 'Model',
    load: async () => (await import('./model-pages.tsx')).ModelPage,
  },
  {
    path: '/p/$project/models/$model/$version',
    search: searchSchema({}, ['slices', 'evaluation', 'signature']),
    title: 'Model version',
    load: async () => (await import('./model-pages.tsx')).ModelVersionPage,
  },
  {
    path: '/p/$project/pipelines',
    search: searchSchema({}),
    title: 'Pipelines',
    load: async () => (await import('../domains/pipelines/pages/pipelines.tsx')).Pipelines,
  },
  {
    path: '/p/$project/pipelines/$pipeline/runs/$run',
    search: searchSchema({ step: FIELDS.name, state: FIELDS.text }),
    title: 'Pipeline run',
    load: async () => (await import('../domains/pipelines/pages/pipeline-run.tsx')).PipelineRun,
  },
  {
    path: '/p/$project/automation',
    search: searchSchema({ firing: FIELDS.id }),
    title: 'Automation',
    load: async () => (await import('../domains/automation/pages/automation.tsx')).Automation,
  },
  {
    path: '/p/$project/maturity',
    search: searchSchema({}, ['score', 'people']),
    title: 'Maturity',
    load: async () => (await import('../domains/maturity/pages/maturity.tsx')).Maturity,
  },
  {
    path: '/p/$project/pipelines/$pipeline',
    search: searchSchema({}),
    title: 'Pipeline',
    load: async () => (await import('../domains/pipelines/pages/pipelines.tsx')).Pipelines,
  },
  {
    path: '/p/$project/experiments',
    search: searchSchema({
      experiment: FIELDS.name,
      sel: FIELDS.long,
      group: FIELDS.name,
      nest: FIELDS.name,
      trash: FIELDS.name,
      best: FIELDS.name,
    }),
    title: 'Experiments',
    load: async () => (await import('../domains/tracking/pages/runs.tsx')).Runs,
  },
  {
    path: '/p/$project/traces',
    search: searchSchema({ experiment: FIELDS.name, after: FIELDS.text }),
    title: 'Traces',
    load: async () => (await import('../domains/tracking/pages/traces.tsx')).Traces,
  },
  {
    path: '/p/$project/traces/$trace',
    search: searchSchema({ span: FIELDS.text }),
    title: 'Trace',
    load: async () => (await import('../domains/tracking/pages/trace.tsx')).Trace,
  },
  {
    path: '/p/$project/runs/compare',
    title: 'Compare runs',
    search: searchSchema(
      {
        ids: FIELDS.long,
        base: FIELDS.name,
        other: FIELDS.name,
        all: FIELDS.name,
        flip: FIELDS.name,
        at: FIELDS.name,
        keys: FIELDS.keys,
        axes: FIELDS.keys,
        brush: FIELDS.text,
        px: FIELDS.key,
        py: FIELDS.key,
        by: FIELDS.key,
        logx: FIELDS.name,
        logy: FIELDS.name,
        x: FIELDS.name,
        smooth: FIELDS.number,
        log: FIELDS.name,
        outliers: FIELDS.name,
        y: FIELDS.keys,
      },
      ['charts', 'table', 'parallel', 'scatter', 'box', 'importance', 'code', 'data', 'environment'],
    ),
    load: async () => (await import('./compare-page.tsx')).ComparePage,
  },
  {
    path: '/p/$project/models/$model/compare/$versions',
    title: 'Compare versions',
    search: searchSchema({}),
    load: async () => (await import('../domains/registry/pages/version-diff.tsx')).VersionDiff,
  },
  {
    path: '/p/$project/runs/$run',
    search: searchSchema(
      {
        path: FIELDS.text,
        m: FIELDS.name,
        x: FIELDS.name,
        smooth: FIELDS.number,
        log: FIELDS.name,
        outliers: FIELDS.name,
        y: FIELDS.keys,
      },
      ['metrics', 'params', 'artifacts', 'code', 'traces', 'system'],
    ),
    title: 'Run',
    load: async () => (await import('./run-page.tsx')).RunPage,
  },
  {
    path: '/p/$project/features',
    search: searchSchema({}),
    title: 'Features',
    load: async () => (await import('../domains/features/pages/features.tsx')).Features,
  },
  {
    path: '/p/$project/features/$view',
    search: searchSchema({ key: FIELDS.name, at: FIELDS.text }),
    title: 'Feature view',
    load: async () => (await import('../domains/features/pages/feature-view.tsx')).FeatureView,
  },
];
