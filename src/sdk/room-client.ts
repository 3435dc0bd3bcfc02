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
  load: () => Promise<C>,
  options: { url: string; token?: string | undefined; project: string; fetch?: typeof fetch },
): RoomClient<C> {
  let loading: Promise<{ contract: C; client: Record<string, Method> }> | undefined;
  const headers = { 'x-mlflow-workspace': options.project };
  const loaded = () =>
    (loading ??= load().then((contract) => ({
      contract,
      client: createClient(contract, { ...options, headers }) as Record<string, Method>,
    })));
  const call = (name: string): Method =>
    async function (args = {}, ...rest) {
      const { contract, client } = await loaded();
      const method = client[name];
      if (!method) throw new TypeError(`There is no method '${name}'.`);
      const { params: shape } = contract[name] ?? {};
      if (!shape || !('project' in shape.shape)) return method(args, ...rest);
      const params = { project: options.project, ...(args.params as object | undefined) };
      return method({ ...args, params }, ...rest);
    };
  return new Proxy({} as RoomClient<C>, {
    // A room is no promise, whatever awaits it.
    get: (_, name) => (typeof name === 'string' && name !== 'then' ? call(name) : undefined),
  });
}
