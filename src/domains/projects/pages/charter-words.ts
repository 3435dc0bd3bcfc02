import { pageOf } from '../../../ui/place.ts';
import { lead, type LeadPart } from '../../../lib/lead.ts';
import type { Baseline, Charter, GoalMetric, Project } from '../schema.ts';

export const METRIC_WORDS: Readonly<Record<GoalMetric, string>> = {
  log_loss: 'log loss',
  brier: 'Brier score',
  squared_error: 'squared error',
  absolute_error: 'absolute error',
};

export function baselineText(baseline: Baseline): string {
  switch (baseline.kind) {
    case 'constant':
      return `always ${baseline.value}`;
    case 'expression':
      return `the rule ${baseline.expression}`;
    default:
      return `${baseline.model} v${baseline.version}, trained and scored like any model`;
  }
}

/** Probability from which acting has the least expected cost. */
export const costThreshold = (costs: NonNullable<Charter['costs']>): number =>
  costs.false_positive + costs.false_negative === 0
    ? 0.5
    : costs.false_positive / (costs.false_positive + costs.false_negative);

export function charterLead(project: Pick<Project, 'name' | 'charter' | 'environments'>): LeadPart[] {
  const { charter, environments } = project;
  const last = environments.at(-1)?.name ?? 'dev';
  if (!charter)
    return [
      {
        type: 'text',
        text: `Nobody has said yet what this project is for. Without a charter nothing can be beaten, so quality is not judged on the way to ${last}.`,
      },
    ];
  const name =
    charter.baseline.kind === 'model' ? `"${charter.baseline.model}"` : `"${baselineText(charter.baseline)}"`;
  const metric = METRIC_WORDS[charter.goal.metric];
  const margin: (string | LeadPart)[] =
    charter.goal.margin > 0
      ? [
          ' by at least ',
          {
            type: 'number',
            value: charter.goal.margin,
            style: 'exact',
            unit: metric,
            proof: {
              definition: `A version goes on only when the whole interval of its gain in ${metric} over the baseline, on the same rows, is at least this. Set in the charter.`,
              rows: { label: 'the charter', href: pageOf(project.name, 'charter') },
            },
          },
        ]
      : [` on ${metric}`];
  const guarded = environments
    .filter((environment) => environment.protected)
    .map((environment) => environment.name);
  const way =
    guarded.length > 0
      ? ` Only a promotion changes ${guarded.join(' and ')}.`
      : ' No environment is protected.';
  return lead(`Machine learning must beat ${name}`, ...margin, `.${way}`).parts;
}

/** A nested value as rows of dotted keys, for showing what a save changed. */
export function flatten(value: unknown, prefix = ''): Map<string, string> {
  const out = new Map<string, string>();
  if (value === null || typeof value !== 'object') {
    if (value !== undefined && value !== null) out.set(prefix, String(value));
    return out;
  }
  for (const [key, inner] of Object.entries(value)) {
    const name = Array.isArray(value) && hasName(inner) ? inner.name : key;
    for (const entry of flatten(inner, prefix ? `${prefix}.${name}` : name)) out.set(...entry);
  }
  return out;
}

const hasName = (value: unknown): value is { name: string } =>
  typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
