import {
  buildSchema,
  type DocumentNode,
  execute,
  getNullableType,
  GraphQLError,
  type GraphQLFieldResolver,
  GraphQLScalarType,
  isListType,
  parse,
  validate,
} from 'graphql';
import { type Bound, type Handlers, JsonBytes, type RequestContext } from '../../lib/contract/index.ts';
import { mlflowInvalid } from '../../lib/contract/mlflow.ts';
import { toAppError } from '../../lib/errors.ts';
import type { graphqlContract } from './contract.ts';
import { checkQuery } from './limits.ts';
import { SCHEMA } from './schema.ts';

/** Queries by the endpoint of the REST API that answers them: one set of rules for both. */
const ENDPOINTS: Record<string, string> = {
  mlflowGetExperiment: 'getExperiment',
  mlflowGetRun: 'getRun',
  mlflowGetMetricHistoryBulkInterval: 'getMetricHistoryBulkInterval',
  mlflowListArtifacts: 'listRunArtifacts',
  mlflowSearchModelVersions: 'searchModelVersions',
  mlflowSearchRuns: 'searchRuns',
  mlflowSearchDatasets: 'searchDatasets',
};
const MOST_TOKENS = 5000;

interface Context<Actor> {
  actor: Actor;
  request: RequestContext;
}
type Resolver<Actor> = GraphQLFieldResolver<Record<string, unknown> | undefined, Context<Actor>>;

/** Answers queries over the endpoints of the rooms; all of them only read, so that one permission serves for all. */
export function createQueries<Actor>(
  rooms: readonly Bound<Actor>[],
): Handlers<typeof graphqlContract, Actor>['queryGraphql'] {
  const schema = buildSchema(SCHEMA);
  const long = schema.getType('LongString') as GraphQLScalarType;
  long.serialize = String;
  const byName = new Map(rooms.map((bound) => [bound.name, bound]));

  async function ask(name: string, input: unknown, { actor, request }: Context<Actor>) {
    const bound = byName.get(name);
    if (!bound || bound.endpoint.needs !== 'view') throw new Error(`GraphQL cannot be answered by ${name}.`);
    const given = snakeKeys(input ?? {});
    const [query, body] = [bound.endpoint.query, bound.endpoint.body].map((shape) => {
      if (!shape) return undefined;
      const result = shape.safeParse(given);
      if (!result.success) throw mlflowInvalid(result.error.issues, given);
      return result.data as never;
    });
    const answer = await bound.handler({ params: {}, query, body, actor, request } as never);
    return (answer instanceof JsonBytes ? JSON.parse(answer.bytes.toString()) : answer) as object;
  }

  const resolve: Resolver<Actor> = async (source, { input }, context, info) => {
    const { fieldName, parentType, returnType } = info;
    const endpoint = source === undefined ? ENDPOINTS[fieldName] : undefined;
    if (endpoint) return ask(endpoint, input, context);
    if (source && parentType.name === 'MlflowRunExtension') {
      const { experiment_id, run_id } = source.info as Record<string, string>;
      if (fieldName === 'experiment')
        return ((await ask('getExperiment', { experiment_id }, context)) as { experiment: unknown })
          .experiment;
      if (fieldName === 'modelVersions') {
        const filter = `run_id='${run_id}'`;
        const found = await ask('searchModelVersions', { filter }, context);
        return (found as { model_versions?: unknown }).model_versions ?? [];
      }
    }
    const value = source?.[snake(fieldName)];
    if (fieldName === 'value' && typeof value === 'string' && parentType.name.startsWith('MlflowMetric'))
      return value === 'NaN' ? null : Number(value);
    // An unset list of a proto message is an empty list.
    return value ?? (isListType(getNullableType(returnType)) ? [] : undefined);
  };

  return async ({ actor, body, request }) => {
    const document = read(body.query);
    const refused = Array.isArray(document) ? document : validate(schema, document);
    if (Array.isArray(document) || refused.length > 0)
      return { data: null, errors: refused.map(({ message }) => message) };
    const result = await execute({
      schema,
      document,
      variableValues: body.variables ?? {},
      operationName: body.operationName,
      contextValue: { actor, request },
      fieldResolver: resolve as GraphQLFieldResolver<unknown, unknown>,
    });
    for (const { originalError } of result.errors ?? [])
      if (originalError && toAppError(originalError).status >= 500) throw originalError;
    return { data: result.data ?? null, errors: result.errors?.map(({ message }) => message) ?? null };
  };
}

/** The query as a document, or what is wrong with it. */
function read(query: string): DocumentNode | GraphQLError[] {
  try {
    const document = parse(query, { maxTokens: MOST_TOKENS });
    checkQuery(document);
    return document;
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const snakeKeys = (input: object) =>
  Object.fromEntries(Object.entries(input).map(([name, value]) => [snake(name), value as unknown]));
