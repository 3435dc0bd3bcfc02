import type { Endpoint, Need } from './endpoint.ts';

/**
 * Where a right must hold: in one project, over the whole `server`, or in `some` project, whose things the handler then picks
 * out by itself.
 */
export type Place = { project: string } | 'server' | 'some';

type Headers = Record<string, string | string[] | undefined>;

/** MLflow's clients name the project in a header and call it a workspace; without one they mean `default`. */
export function workspaceOf(headers: Headers): string {
  const named = headers['x-mlflow-workspace'];
  return typeof named === 'string' && named !== '' ? named : 'default';
}

/**
 * The id that a new thing is to have, because another server has given it that id already. Only who may `operate` there may choose
 * ids: the gate sees to it.
 */
export function givenIdOf(headers: Headers): string | undefined {
  const given = headers['x-rondo-given-id'];
  return typeof given === 'string' && given !== '' ? given : undefined;
}

/** What a request asks for: what its endpoint says, and the right to choose ids when it brings one. */
export const needOf = ({ needs, dialect }: Endpoint, headers: Headers): Need =>
  dialect === 'mlflow' && givenIdOf(headers) !== undefined && needs !== 'admin' ? 'operate' : needs;

/** The place of a request: of its path, else as the endpoint says, else of its workspace for the MLflow dialect. */
export function placeOf(endpoint: Endpoint, params: Record<string, string>, headers: Headers): Place {
  if (params.project !== undefined) return { project: params.project };
  if (endpoint.across) return 'some';
  return endpoint.dialect === 'mlflow' ? { project: workspaceOf(headers) } : 'server';
}

/** In which projects a right holds: everywhere except those that are named, or only in those. */
export interface Sight {
  everywhere: boolean;
  named: readonly string[];
}

/** Whether it holds in that project; for things of no project, whether it holds everywhere. */
export const sees = (sight: Sight, project: string | null): boolean =>
  project === null || !sight.named.includes(project) ? sight.everywhere : !sight.everywhere;
