import { buildSchema, execute, GraphQLError, type GraphQLScalarType, Kind, parse, validate } from 'graphql';
import { AppError } from '../../../lib/errors.ts';
import type { JsonBytes } from '../../../lib/contract/index.ts';
import type { View } from '../../tracking/schema.ts';
import type { TrackingService } from '../../tracking/service.ts';
import type { RegistrySearchOptions } from '../service/models.ts';
import { checkSize } from './limits.ts';
import { TYPES } from './types.ts';
import type { ModelVersion } from '../schema.ts';

export interface GraphQuery {
  query?: string | undefined;
  variables?: Record<string, unknown> | undefined;
  operationName?: string | undefined;
}

interface Sources {
  tracking: TrackingService;
  searchVersions(
    project: string,
    options: RegistrySearchOptions,
  ): Promise<{ items: ModelVersion[]; token: string | undefined }>;
}

interface Input {
  experimentId?: string;
  experimentIds?: string[];
  runId?: string;
  runUuid?: string;
  runIds?: string[];
  path?: string;
  filter?: string;
  runViewType?: View;
  maxResults?: number;
  orderBy?: string[];
  pageToken?: string;
  metricKey?: string;
  startStep?: number;
  endStep?: number;
}

const schema = buildSchema(TYPES);
const long = schema.getType('LongString') as GraphQLScalarType;
long.serialize = (value) => String(value);
long.parseValue = (value) => Number(value);
long.parseLiteral = (node) => (node.kind === Kind.INT ? Number(node.value) : null);

const MOST_POINTS = 2500;
const json = (bytes: JsonBytes) => JSON.parse(bytes.bytes.toString()) as Record<string, unknown>;
const runOf = ({ runId, runUuid }: Input) => runId || runUuid || '';

/** The answer of MLflow's `/graphql`: `errors` is a list of texts, null when there are none. */
export async function answerQuery(sources: Sources, project: string, asked: GraphQuery) {
  try {
    const document = parse(asked.query ?? '');
    checkSize(document);
    const wrong = validate(schema, document);
    if (wrong.length > 0) return refusal(wrong);
    const result = await execute({
      schema,
      document,
      rootValue: roots(sources, project),
      variableValues: asked.variables,
      operationName: asked.operationName,
      fieldResolver: (source: Record<string, unknown>, args, context, { fieldName }) => {
        const value = source[fieldName] ?? source[snake(fieldName)];
        if (typeof value === 'function') return (value as (...given: unknown[]) => unknown)(args, context);
        // Not a number has no place in GraphQL's Float.
        return value === 'NaN' ? null : value;
      },
    });
    return { data: result.data ?? null, errors: result.errors?.map(messageOf) ?? null };
  } catch (thrown) {
    if (thrown instanceof GraphQLError) return refusal([thrown]);
    throw thrown;
  }
}

const refusal = (errors: readonly GraphQLError[]) => ({ data: null, errors: errors.map(messageOf) });

/** Rondo's own refusals in their words; anything else without its text. */
function messageOf(error: GraphQLError): string {
  const cause = error.originalError;
  return !cause || cause instanceof AppError ? error.message : 'An unexpected error happened.';
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function roots({ tracking, searchVersions }: Sources, project: string) {
  const run = (found: { info: { run_id: string; experiment_id: string } }) => ({
    ...found,
    experiment: () => tracking.getExperiment(project, found.info.experiment_id),
    modelVersions: async () => {
      const filter = `run_id = '${found.info.run_id}'`;
      return (await searchVersions(project, { filter })).items;
    },
  });
  return {
    mlflowGetExperiment: async ({ input }: { input: Input }) => ({
      experiment: await tracking.getExperiment(project, input.experimentId ?? ''),
    }),
    mlflowGetRun: async ({ input }: { input: Input }) => ({
      run: run(await tracking.getRun(project, runOf(input))),
    }),
    mlflowSearchRuns: async ({ input }: { input: Input }) => {
      const page = await tracking.searchRuns(project, {
        experimentIds: input.experimentIds ?? [],
        filter: input.filter,
        view: input.runViewType,
        limit: input.maxResults,
        orderBy: input.orderBy ?? [],
        token: input.pageToken,
      });
      return { runs: page.items.map(run), next_page_token: page.token };
    },
    mlflowListArtifacts: ({ input }: { input: Input }) =>
      tracking.listRunArtifacts(project, runOf(input), input.path ?? ''),
    mlflowSearchDatasets: async ({ input }: { input: Input }) => ({
      dataset_summaries: await tracking.summarizeDatasets(project, input.experimentIds ?? []),
    }),
    mlflowSearchModelVersions: async ({ input }: { input: Input }) => {
      const page = await searchVersions(project, {
        filter: input.filter,
        limit: input.maxResults,
        orderBy: input.orderBy ?? [],
        token: input.pageToken,
      });
      return { model_versions: page.items, next_page_token: page.token };
    },
    mlflowGetMetricHistoryBulkInterval: async ({ input }: { input: Input }) => {
      const { runIds = [], metricKey = '', startStep, endStep, maxResults = MOST_POINTS } = input;
      const steps =
        startStep === undefined || endStep === undefined ? undefined : ([startStep, endStep] as const);
      const limit = Math.max(1, Math.min(maxResults, MOST_POINTS));
      return json(await tracking.sampledHistory(project, runIds.slice(0, 100), metricKey, limit, steps));
    },
  };
}
