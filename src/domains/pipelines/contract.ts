import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';
import { CodeRecord, Digest, Graph, Name } from './schema/graph.ts';
import { AttemptBeat, AttemptEnd, AttemptHello, AttemptLog, AttemptSpec } from './schema/protocol.ts';
import {
  LogPage,
  PipelineDetail,
  PipelineItem,
  RUN_STATES,
  RunDetail,
  RunItem,
  StartRun,
  StepRunDetail,
} from './schema/runs.ts';

const BASE = '/api/v1/projects/:project';
const project = z.string().min(1).max(200);
const id = z.string().regex(/^[0-9a-f-]{36}$/, 'an id of a run or step run');
const ofPipeline = z.object({ project, name: Name });
const ofRun = z.object({ project, run: id });
const ofStep = z.object({ project, step_run: id });
const attempt = z.coerce.number().int().min(1);
const ofAttempt = z.object({ project, step_run: id, attempt });
const StoredBlob = z.object({ digest: Digest, size: z.number() });
const nothing = z.object({});

export const pipelinesContract = {
  uploadPipelineCode: endpoint({
    method: 'POST',
    path: `${BASE}/pipeline-code`,
    summary: 'Stores a bundle or a diff that `applyPipeline` then names by digest',
    needs: 'operate',
    kind: 'upload',
    params: z.object({ project }),
    response: StoredBlob,
  }),
  applyPipeline: endpoint({
    method: 'POST',
    path: `${BASE}/pipelines`,
    summary:
      'Makes the next version of a pipeline from its graph and code; the same content again changes nothing',
    needs: 'operate',
    params: z.object({ project }),
    body: z.object({ graph: Graph, code: CodeRecord }),
    response: z.object({ name: z.string(), version: z.number(), changed: z.boolean() }),
  }),
  listPipelines: endpoint({
    method: 'GET',
    path: `${BASE}/pipelines`,
    summary: 'Pipelines with their newest runs',
    needs: 'view',
    params: z.object({ project }),
    response: z.object({ pipelines: z.array(PipelineItem) }),
  }),
  getPipeline: endpoint({
    method: 'GET',
    path: `${BASE}/pipelines/:name`,
    summary: 'One pipeline: graph, code, versions, newest runs',
    needs: 'view',
    params: ofPipeline,
    query: z.object({ version: z.coerce.number().int().positive().optional() }),
    response: PipelineDetail,
  }),
  readPipelineBundle: endpoint({
    method: 'GET',
    path: `${BASE}/pipelines/:name/versions/:version/bundle`,
    summary: 'The code of a version, as it is run',
    needs: 'view',
    kind: 'file',
    params: ofPipeline.extend({ version: z.coerce.number().int().positive() }),
    response: z.unknown(),
  }),
  runPipeline: endpoint({
    method: 'POST',
    path: `${BASE}/pipelines/:name/runs`,
    summary: 'Starts a run',
    needs: 'operate',
    status: 201,
    params: ofPipeline,
    body: StartRun,
    response: RunItem,
  }),
  listPipelineRuns: endpoint({
    method: 'GET',
    path: `${BASE}/pipeline-runs`,
    summary: 'Runs, newest first',
    needs: 'view',
    params: z.object({ project }),
    query: z.object({
      pipeline: Name.optional(),
      state: z.enum(RUN_STATES).optional(),
      /** `created_at` of the last run seen. */
      before: z.coerce.number().int().optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    response: z.object({ runs: z.array(RunItem) }),
  }),
  getPipelineRun: endpoint({
    method: 'GET',
    path: `${BASE}/pipeline-runs/:run`,
    summary: 'One run: graph, states with their reasons, times',
    needs: 'view',
    params: ofRun,
    response: RunDetail,
  }),
  cancelPipelineRun: endpoint({
    method: 'POST',
    path: `${BASE}/pipeline-runs/:run/cancel`,
    summary: 'Ends a run with all its processes',
    needs: 'operate',
    params: ofRun,
    response: RunItem,
  }),
  resumePipelineRun: endpoint({
    method: 'POST',
    path: `${BASE}/pipeline-runs/:run/resume`,
    summary:
      'Starts a run that keeps what this one finished: from the failed steps, or again from the named steps',
    needs: 'operate',
    status: 201,
    params: ofRun,
    body: z.object({
      /** These steps and all that follow them run again. */
      from: z.array(Name).default([]),
      /** `latest` runs what is left with the newest version of the code. */
      code: z.enum(['same', 'latest']).default('same'),
    }),
    response: RunItem,
  }),
  getStepRun: endpoint({
    method: 'GET',
    path: `${BASE}/step-runs/:step_run`,
    summary: 'One step of a run: inputs, outputs, attempts, why it ran or was reused',
    needs: 'view',
    params: ofStep,
    response: StepRunDetail,
  }),
  readStepOutput: endpoint({
    method: 'GET',
    path: `${BASE}/step-runs/:step_run/outputs/:name`,
    summary: 'The bytes of a file output',
    needs: 'view',
    kind: 'file',
    params: ofStep.extend({ name: Name }),
    response: z.unknown(),
  }),
  readStepLog: endpoint({
    method: 'GET',
    path: `${BASE}/step-runs/:step_run/log`,
    summary: 'Log chunks from a sequence number on; of the newest attempt unless one is named',
    needs: 'view',
    params: ofStep,
    query: z.object({ attempt: attempt.optional(), from: z.coerce.number().int().min(0).default(0) }),
    response: LogPage,
  }),
  followStepLog: endpoint({
    method: 'GET',
    path: `${BASE}/step-runs/:step_run/log/follow`,
    summary: 'The same as server-sent events `log` (pages), until the attempt has ended',
    needs: 'view',
    kind: 'events',
    params: ofStep,
    query: z.object({ attempt: attempt.optional(), from: z.coerce.number().int().min(0).default(0) }),
    response: z.unknown(),
  }),
};

/** How `step exec` speaks with the server; the credential is the attempt's own token. */
export const attemptContract = {
  startAttempt: endpoint({
    method: 'POST',
    path: `${BASE}/step-runs/:step_run/attempts/:attempt/start`,
    summary: 'Tells which process holds the attempt; answers what to run',
    needs: 'operate',
    params: ofAttempt,
    body: AttemptHello,
    response: AttemptSpec,
  }),
  beatAttempt: endpoint({
    method: 'POST',
    path: `${BASE}/step-runs/:step_run/attempts/:attempt/beat`,
    summary: 'Keeps the lease; carries the progress',
    needs: 'operate',
    params: ofAttempt,
    body: AttemptBeat,
    response: nothing,
  }),
  logAttempt: endpoint({
    method: 'POST',
    path: `${BASE}/step-runs/:step_run/attempts/:attempt/log`,
    summary: 'Adds numbered log chunks; known numbers are passed over',
    needs: 'operate',
    params: ofAttempt,
    body: AttemptLog,
    response: z.object({ next: z.number() }),
  }),
  readAttemptBlob: endpoint({
    method: 'GET',
    path: `${BASE}/step-runs/:step_run/attempts/:attempt/blobs/:digest`,
    summary: 'The bundle or a file input of the attempt',
    needs: 'operate',
    kind: 'file',
    params: ofAttempt.extend({ digest: Digest }),
    response: z.unknown(),
  }),
  uploadAttemptBlob: endpoint({
    method: 'POST',
    path: `${BASE}/step-runs/:step_run/attempts/:attempt/blobs`,
    summary: 'Stores the bytes of a file output',
    needs: 'operate',
    kind: 'upload',
    params: ofAttempt,
    response: StoredBlob,
  }),
  endAttempt: endpoint({
    method: 'POST',
    path: `${BASE}/step-runs/:step_run/attempts/:attempt/end`,
    summary: 'Publishes the outputs, or reports the failure; once',
    needs: 'operate',
    params: ofAttempt,
    body: AttemptEnd,
    response: nothing,
  }),
};
