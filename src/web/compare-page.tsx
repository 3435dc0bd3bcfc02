import { RunEvaluations } from '../domains/registry/panels/run-evaluations.tsx';
import { Compare } from '../domains/tracking/pages/compare.tsx';

/** Runs side by side, with what the registry knows of their models. */
export function ComparePage() {
  return <Compare Evaluations={RunEvaluations} />;
}
