import { useEndpoint } from '../../../ui/data.tsx';
import { tracesContract } from '../contract/traces.ts';
import type { Run } from '../schema.ts';
import { TraceTable } from './trace-table.tsx';

/** Traces that a run made, or that were linked to it; the newest ones. */
export function useRunTraces(run: Run | undefined) {
  return useEndpoint(
    tracesContract.searchTraces,
    run && {
      body: {
        locations: [
          {
            type: 'MLFLOW_EXPERIMENT',
            mlflow_experiment: { experiment_id: run.info.experiment_id },
          },
        ],
        filter: `run_id = '${run.info.run_id.replaceAll("'", '')}'`,
        max_results: 500,
      },
    },
  );
}

export function RunTraces({ run }: { run: Run }) {
  return <TraceTable traces={useRunTraces(run).data?.traces ?? []} />;
}
