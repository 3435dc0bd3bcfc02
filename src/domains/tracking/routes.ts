import { bind, type Bound } from '../../lib/contract/index.ts';
import type { Actor } from '../identity/schema.ts';
import { trackingContract } from './contract.ts';
import { artifactHandlers, loggedModelHandlers } from './routes/artifacts.ts';
import { experimentHandlers } from './routes/experiments.ts';
import { importHandlers } from './routes/import.ts';
import { runTableHandlers } from './routes/run-table.ts';
import { metricHandlers, runHandlers } from './routes/runs.ts';
import { trashHandlers } from './routes/trash.ts';
import { traceMetricHandlers } from './routes/trace-metrics.ts';
import { traceHandlers, traceV2Handlers } from './routes/traces.ts';
import type { TrackingService } from './service.ts';

export const trackingRoutes = (tracking: TrackingService): Bound<Actor>[] =>
  bind(trackingContract, {
    ...experimentHandlers(tracking),
    ...runHandlers(tracking),
    ...runTableHandlers(tracking),
    ...metricHandlers(tracking),
    ...artifactHandlers(tracking),
    ...loggedModelHandlers(tracking),
    ...trashHandlers(tracking),
    ...importHandlers(tracking),
    ...traceHandlers(tracking),
    ...traceV2Handlers(tracking),
    ...traceMetricHandlers(tracking),
    listReproductions: ({ params }) => tracking.listReproductions(params.project, params.run),
    serverInfo: () => ({
      store_type: 'SqlStore',
      workspaces_enabled: true,
      trace_archival_enabled: false,
      multipart_uploads_enabled: tracking.advertisesTransfers,
      multipart_downloads_enabled: tracking.advertisesTransfers,
      presigned_upload_run_id_supported: true,
      presigned_upload_model_id_supported: true,
      features_enabled: { gateway: false },
    }),
  });
