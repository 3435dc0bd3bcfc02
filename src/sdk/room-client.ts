import { type Client, type Contract, createClient } from '../lib/contract/index.ts';

type Method = (args?: Record<string, unknown>, options?: unknown) => Promise<unknown>;

/** The arguments with `params.project` left to the client. */
type WithoutProject<A> = A extends { params: infer P }
  ? P extends { project: string }
    ? Omit<A, 'params'> &
        (keyof Omit<P, 'project'> extends never
          ? { params?: { project?: string } }
          : { params: Omit<P, 'project'> & { project?: string } })
    : A
  : A;
type Arguments<F> = F extends (args: infer A, ...rest: infer R) => infer X
  ? Record<never, never> extends WithoutProject<A>
    ? (args?: WithoutProject<A>, ...rest: R) => X
    : (args: WithoutProject<A>, ...rest: R) => X
  : never;

/** The typed client of a room's contract, in one project. */
export type RoomClient<C extends Contract> = { [K in keyof C]: Arguments<Client<C>[K]> };

export function roomClient<C extends Contract>(
  contract: C,
  options: { url: string; token?: string | undefined; project: string; fetch?: typeof fetch },
): RoomClient<C> {
  const headers = { 'x-mlflow-workspace': options.project };
  const client = createClient(contract, { ...options, headers }) as Record<string, Method>;
  const methods = Object.entries(client).map(([name, method]) => {
    const inProject = contract[name]?.params && 'project' in contract[name].params.shape;
    const call: Method = (args = {}, ...rest) => {
      const params = { project: options.project, ...(args.params as object | undefined) };
      return method(inProject ? { ...args, params } : args, ...rest);
    };
    return [name, call];
  });
  return Object.fromEntries(methods) as RoomClient<C>;
}
