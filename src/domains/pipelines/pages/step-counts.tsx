import { Ask } from '../../../ui/num.tsx';
import { pageOf } from '../../../ui/place.ts';
import type { RunItem } from '../schema/runs.ts';
import { countsText } from './pipeline-words.ts';

/** How the steps of a run stand; it leads to them. */
export function StepCounts({ project, run }: { project: string; run: RunItem }) {
  const total = Object.values(run.counts).reduce((sum, n) => sum + n, 0);
  if (total === 0) return null;
  return (
    <Ask
      asked={{
        kind: 'counted',
        value: total,
        proof: {
          definition:
            'Steps of this run by their state; reused ones took the outputs that an earlier run had made from the same code, inputs and parameters.',
          clock: 'wall',
          rows: { label: 'the steps', href: pageOf(project, 'pipelines', run.pipeline, 'runs', run.id) },
        },
      }}
    >
      {countsText(run.counts)}
    </Ask>
  );
}
