import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';
import { artifactsContract } from './contract/artifacts.ts';
import { experimentsContract } from './contract/experiments.ts';
import { importContract } from './contract/import.ts';
import { loggedModelsContract } from './contract/logged-models.ts';
import { runTableContract } from './contract/run-table.ts';
import { reproductionsContract } from './contract/reproductions.ts';
import { trashContract } from './contract/trash.ts';
import { metricsContract, runsContract } from './contract/runs.ts';
import { traceMetricsContract } from './contract/trace-metrics.ts';
import { tracesContract, tracesV2Contract } from './contract/traces.ts';

/** MLflow's REST API of experiments, runs, metrics, artifacts, logged models and traces, and what a table of many runs asks besides. */
export const trackingContract = {
  ...experimentsContract,
  ...runsContract,
  ...runTableContract,
  ...metricsContract,
  ...artifactsContract,
  ...loggedModelsContract,
  ...reproductionsContract,
  ...trashContract,
  ...importContract,
  ...tracesContract,
  ...tracesV2Contract,
  ...traceMetricsContract,
  serverInfo: endpoint({
    method: 'GET',
    also: ['POST'],
    path: '/mlflow/server-info',
    versions: ['3.0'],
    dialect: 'mlflow',
    summary: 'What this server offers to MLflow clients',
    needs: 'public',
    response: z.object({
      store_type: z.string(),
      workspaces_enabled: z.boolean(),
      trace_archival_enabled: z.boolean(),
      multipart_uploads_enabled: z.boolean(),
      multipart_downloads_enabled: z.boolean(),
      presigned_upload_run_id_supported: z.boolean(),
      presigned_upload_model_id_supported: z.boolean(),
      features_enabled: z.record(z.string(), z.boolean()),
    }),
  }),
};
