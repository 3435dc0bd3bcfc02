import type { Evidence, Practised } from '../../domains/maturity/evidence.ts';
import { type Urn, urn, urnIn } from '../../lib/urn.ts';
import { type EvidenceParts, within } from './parts.ts';

const practised = (proofs: readonly Urn[], how: 'manual' | 'automated', also = 0): Practised => ({
  manual: how === 'manual' ? proofs.length : also,
  automated: how === 'automated' ? proofs.length : 0,
  proofs: proofs.slice(0, 5),
});

/** Practices of the ML Test Score for which a room has records; the others are left out and count nothing. */
export function practicesOf(parts: EvidenceParts): Evidence['practices'] {
  const { datasets, features, evaluations, releases, automation } = parts;
  return async (project, window) => {
    const checked: Urn[] = [];
    for (const { name } of await datasets.list(project))
      for (const report of await datasets.listReports(project, name, 100))
        if (within(report.created_at, window)) checked.push(urn('validation', report.id));

    const described = (await features.listViews(project))
      .filter((view) => view.description !== '')
      .map((view) => urnIn(project, 'feature-view', view.name, view.version));

    const judged = await evaluations.newest(project, window.from);
    const named = (list: typeof judged) => list.map((each) => urn('evaluation', each.id));
    const gated = (await releases.list(project))
      .filter((each) => within(each.created_at, window))
      .filter((each) => each.gates.some((gate) => gate.name === 'baseline' && gate.state !== 'skipped'))
      .map((each) => urn('promotion', each.id));
    const beside = named(judged.filter((each) => each.pairs.baseline));

    const retraining = (await automation.list(project)).filter(
      ({ rule, state }) => state === 'on' && rule.do.some((action) => action.action === 'run_pipeline'),
    );
    const byRule = (list: typeof retraining) => list.map(({ name }) => urnIn(project, 'rule', name));
    const onQuality = retraining.filter(
      ({ rule }) =>
        'event' in rule.when && [rule.when.event].flat().some((type) => /^(window|alert)\./.test(type)),
    );
    return {
      // Suites run on every version by themselves.
      'data-1': practised(checked, 'automated'),
      'data-4': practised(described, 'manual'),
      'model-4': practised(byRule(onQuality), 'automated'),
      'model-5':
        gated.length > 0 ? practised(gated, 'automated', beside.length) : practised(beside, 'manual'),
      'model-6': practised(named(judged.filter((each) => each.slices.length > 0)), 'manual'),
      'monitoring-2': practised(checked, 'manual'),
      'monitoring-4': practised(byRule(retraining), 'automated'),
    };
  };
}
