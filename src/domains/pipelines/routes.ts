import { bind, type Bound } from '../../lib/contract/index.ts';
import type { Actor } from '../identity/schema.ts';
import { attemptContract, pipelinesContract } from './contract.ts';
import type { PipelineService } from './service.ts';

type Bytes = AsyncIterable<Uint8Array>;

export const pipelinesRoutes = (pipelines: PipelineService): Bound<Actor>[] => [
  ...bind<typeof pipelinesContract, Actor>(pipelinesContract, {
    uploadPipelineCode: ({ actor, request }) =>
      pipelines.uploadCode(actor, request.stream as unknown as Bytes),
    applyPipeline: ({ actor, params, body }) => pipelines.apply(actor, params.project, body),
    listPipelines: async ({ params }) => ({ pipelines: await pipelines.list(params.project) }),
    getPipeline: ({ params, query }) => pipelines.get(params.project, params.name, query.version),
    readPipelineBundle: ({ params }) => pipelines.bundle(params.project, params.name, params.version),
    runPipeline: ({ actor, params, body }) => pipelines.run(actor, params.project, params.name, body),
    listPipelineRuns: async ({ params, query }) => ({
      runs: await pipelines.listRuns({ project: params.project, ...query }),
    }),
    getPipelineRun: ({ params }) => pipelines.runDetail(params.project, params.run),
    cancelPipelineRun: ({ actor, params }) => pipelines.cancel(actor, params.project, params.run),
    resumePipelineRun: ({ actor, params, body }) => pipelines.resume(actor, params.project, params.run, body),
    getStepRun: ({ params }) => pipelines.stepDetail(params.project, params.step_run),
    readStepOutput: ({ params }) => pipelines.output(params.project, params.step_run, params.name),
    readStepLog: ({ params, query }) => pipelines.log(params.project, params.step_run, query),
    followStepLog: ({ params, query, request }) =>
      pipelines.followLog(params.project, params.step_run, query, request.signal),
  }),
  ...bind<typeof attemptContract, Actor>(attemptContract, {
    startAttempt: ({ actor, params, body }) => pipelines.attempts.start(actor, params, body),
    beatAttempt: async ({ actor, params, body }) => {
      await pipelines.attempts.beat(actor, params, body);
      return {};
    },
    logAttempt: async ({ actor, params, body }) => ({
      next: await pipelines.attempts.log(actor, params, body.chunks),
    }),
    readAttemptBlob: async ({ actor, params }) => ({
      body: await pipelines.attempts.open(actor, params, params.digest),
      type: 'application/octet-stream',
    }),
    uploadAttemptBlob: ({ actor, params, request }) =>
      pipelines.attempts.upload(actor, params, request.stream as unknown as Bytes),
    endAttempt: async ({ actor, params, body }) => {
      await pipelines.attempts.end(actor, params, body);
      return {};
    },
  }),
];
