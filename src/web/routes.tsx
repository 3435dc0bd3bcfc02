import type { ComponentType } from 'react';
import type { Clock } from '../ui/time.ts';

/** One page of the product. */
export interface Page {
  /** Address with `$name` for a part that varies: `/p/$project/models/$model/$version`. */
  path: string;
  title: string;
  load: () => Promise<ComponentType>;
  /** The clock the page starts in: pages of data in event time, pages of work in wall clock (the default). */
  clock?: Clock;
  /** Reads the search parameters, best by `parseSearch` with the page's zod schema. */
  search?: (raw: Record<string, unknown>) => Record<string, unknown>;
}

/** Every page, one line each. A page lives in its room's `pages`; this list is where it gets an address. */
export const PAGES: readonly Page[] = [
  { path: '/kit', title: 'Kit', load: async () => (await import('./gallery.tsx')).Gallery },
  {
    path: '/p/$project/overview',
    title: 'Overview',
    load: async () => (await import('./overview/overview.tsx')).Overview,
  },
  {
    path: '/inbox',
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
    title: 'Releases',
    load: async () => (await import('../domains/releases/pages/releases.tsx')).Releases,
  },
  {
    path: '/p/$project/releases/$promotion',
    title: 'Promotion',
    load: async () => (await import('../domains/releases/pages/releases.tsx')).Releases,
  },
  {
    path: '/p/$project/lineage',
    title: 'Lineage',
    load: async () => (await import('../domains/lineage/pages/lineage.tsx')).Lineage,
  },
  {
    path: '/p/$project/charter',
    title: 'Charter',
    load: async () => (await import('../domains/projects/pages/charter.tsx')).Charter,
  },
  {
    path: '/p/$project/endpoints',
    title: 'Endpoints',
    load: async () => (await import('../domains/serving/pages/endpoints.tsx')).Endpoints,
  },
  {
    path: '/p/$project/endpoints/$endpoint',
    title: 'Endpoint',
    load: async () => (await import('../domains/serving/pages/endpoint.tsx')).Endpoint,
  },
  {
    path: '/p/$project/predictions',
    title: 'Predictions',
    clock: 'event',
    load: async () => (await import('../domains/serving/pages/predictions.tsx')).Predictions,
  },
  {
    path: '/p/$project/predictions/$prediction',
    title: 'Why this answer?',
    clock: 'event',
    load: async () => (await import('../domains/serving/pages/prediction.tsx')).Prediction,
  },
  {
    path: '/p/$project/monitors',
    title: 'Monitors',
    clock: 'event',
    load: async () => (await import('../domains/monitoring/pages/monitors.tsx')).Monitors,
  },
  {
    path: '/p/$project/monitors/$monitor',
    title: 'Monitor',
    clock: 'event',
    load: async () => (await import('../domains/monitoring/pages/monitor.tsx')).Monitor,
  },
  {
    path: '/p/$project/rollouts',
    title: 'Rollouts',
    clock: 'event',
    load: async () => (await import('../domains/rollouts/pages/rollouts.tsx')).Rollouts,
  },
  {
    path: '/p/$project/rollouts/$rollout',
    title: 'Rollout',
    clock: 'event',
    load: async () => (await import('../domains/rollouts/pages/rollout.tsx')).Rollout,
  },
  {
    path: '/p/$project/datasets',
    title: 'Datasets',
    load: async () => (await import('../domains/datasets/pages/datasets.tsx')).Datasets,
  },
  {
    path: '/p/$project/datasets/$dataset',
    title: 'Dataset',
    load: async () => (await import('../domains/datasets/pages/dataset.tsx')).Dataset,
  },
  {
    path: '/p/$project/datasets/$dataset/$version',
    title: 'Dataset',
    load: async () => (await import('../domains/datasets/pages/dataset.tsx')).Dataset,
  },
  {
    path: '/p/$project/models',
    title: 'Models',
    load: async () => (await import('../domains/registry/pages/models.tsx')).Models,
  },
  {
    path: '/p/$project/models/$model',
    title: 'Model',
    load: async () => (await import('../domains/registry/pages/model.tsx')).Model,
  },
  {
    path: '/p/$project/models/$model/$version',
    title: 'Model version',
    load: async () => (await import('../domains/registry/pages/model-version.tsx')).ModelVersion,
  },
  {
    path: '/p/$project/pipelines',
    title: 'Pipelines',
    load: async () => (await import('../domains/pipelines/pages/pipelines.tsx')).Pipelines,
  },
  {
    path: '/p/$project/pipelines/$pipeline/runs/$run',
    title: 'Pipeline run',
    load: async () => (await import('../domains/pipelines/pages/pipeline-run.tsx')).PipelineRun,
  },
  {
    path: '/p/$project/automation',
    title: 'Automation',
    load: async () => (await import('../domains/automation/pages/automation.tsx')).Automation,
  },
  {
    path: '/p/$project/maturity',
    title: 'Maturity',
    load: async () => (await import('../domains/maturity/pages/maturity.tsx')).Maturity,
  },
  {
    path: '/p/$project/pipelines/$pipeline',
    title: 'Pipeline',
    load: async () => (await import('../domains/pipelines/pages/pipelines.tsx')).Pipelines,
  },
  {
    path: '/p/$project/experiments',
    title: 'Experiments',
    load: async () => (await import('../domains/tracking/pages/runs.tsx')).Runs,
  },
  {
    path: '/p/$project/runs/$run',
    title: 'Run',
    load: async () => (await import('../domains/tracking/pages/run.tsx')).Run,
  },
  {
    path: '/p/$project/features',
    title: 'Features',
    load: async () => (await import('../domains/features/pages/features.tsx')).Features,
  },
  {
    path: '/p/$project/features/$view',
    title: 'Feature view',
    load: async () => (await import('../domains/features/pages/feature-view.tsx')).FeatureView,
  },
];
