import { formatNumber } from '../../../ui/number.ts';
import type { Axis, Finding, NextAction } from '../schema.ts';

export const AXIS_WORDS: Readonly<Record<Axis, string>> = {
  model_creation: 'model creation',
  model_release: 'model release',
  application_integration: 'application integration',
};

/** The page where a next step is taken. */
export const SECTION_PAGES: Readonly<Record<NextAction['section'], string>> = {
  runs: 'experiments',
  datasets: 'datasets',
  features: 'features',
  models: 'models',
  pipelines: 'pipelines',
  rules: 'automation',
  releases: 'releases',
  endpoints: 'endpoints',
  rollouts: 'rollouts',
  monitors: 'monitors',
  ci: 'charter',
};

/** "12 of 12, at least 90%", "0, at least 1". */
export function foundText({ found, total, needed }: Pick<Finding, 'found' | 'total' | 'needed'>): string {
  const least =
    needed.kind === 'share' ? formatNumber(needed.at_least, 'share') : formatNumber(needed.at_least, 'exact');
  const has =
    found === null
      ? 'nothing'
      : needed.kind === 'value'
        ? formatNumber(found, 'measure')
        : formatNumber(found, 'count');
  return `${has}${total === null ? '' : ` of ${formatNumber(total, 'count')}`}, at least ${least}`;
}
