import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import {
  ExperimentOutcome,
  ImportedExperiment,
  ImportedModel,
  ImportedRun,
  ImportedSeries,
  ImportedTrace,
  PlacedOutcome,
  RunDigest,
} from '../schema/import.ts';

const BASE = '/api/v1/projects/:project/import';
const params = z.object({ project: z.string().min(1).max(200) });

/** Most of one request; writes inside it are smaller still. */
export const IMPORT_BATCH = {
  experiments: 500,
  runs: 500,
  points: 10_000,
  models: 500,
  traces: 100,
  digests: 100,
} as const;

/**
 * Things with the ids and times that they had elsewhere. Doing it again adds what is missing and changes nothing else. Nobody hears of
 * single things: each request is one event.
 */
export const importContract = {
  importExperiments: endpoint({
    method: 'POST',
    path: `${BASE}/experiments`,
    summary: 'Bring in experiments; one of the same name is the same one',
    needs: 'operate',
    params,
    body: z.object({ experiments: z.array(ImportedExperiment).max(IMPORT_BATCH.experiments) }),
    response: z.object({
      results: z.array(ExperimentOutcome),
    }),
  }),
  importRuns: endpoint({
    method: 'POST',
    path: `${BASE}/runs`,
    summary: 'Bring in runs with their params, tags and inputs under their own ids',
    needs: 'operate',
    params,
    body: z.object({ runs: z.array(ImportedRun).max(IMPORT_BATCH.runs) }),
    response: z.object({ results: z.array(PlacedOutcome) }),
  }),
  importPoints: endpoint({
    method: 'POST',
    path: `${BASE}/points`,
    summary: 'Bring in points of metrics; a point that is there already is not there twice',
    needs: 'operate',
    params,
    body: z.object({ series: z.array(ImportedSeries).max(IMPORT_BATCH.points) }),
    response: z.object({ points: z.number() }),
  }),
  importLoggedModels: endpoint({
    method: 'POST',
    path: `${BASE}/logged-models`,
    summary: 'Bring in logged models under their own ids',
    needs: 'operate',
    params,
    body: z.object({ models: z.array(ImportedModel).max(IMPORT_BATCH.models) }),
    response: z.object({ results: z.array(PlacedOutcome) }),
  }),
  importTraces: endpoint({
    method: 'POST',
    path: `${BASE}/traces`,
    summary: 'Bring in traces with their spans and assessments; one that is there already stays as it is',
    needs: 'operate',
    params,
    body: z.object({ traces: z.array(ImportedTrace).max(IMPORT_BATCH.traces) }),
    response: z.object({ results: z.array(PlacedOutcome) }),
  }),
  importDigests: endpoint({
    method: 'POST',
    path: `${BASE}/digests`,
    summary: 'Digests of what is stored of runs: params, tags and all points',
    needs: 'operate',
    params,
    body: z.object({ run_ids: z.array(z.string()).max(IMPORT_BATCH.digests) }),
    response: z.object({ runs: z.array(RunDigest) }),
  }),
  importFiles: endpoint({
    method: 'POST',
    path: `${BASE}/files`,
    summary: 'Files that are here below a location of this server, with their digests',
    needs: 'operate',
    params,
    body: z.object({ artifact_uri: z.string().min(1).max(4096) }),
    response: z.object({
      files: z.array(z.object({ path: z.string(), size: z.number(), digest: z.string() })),
    }),
  }),
};
