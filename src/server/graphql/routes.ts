import { bind, type Bound } from '../../lib/contract/index.ts';
import { graphqlContract } from './contract.ts';

/** `/graphql`. The library is loaded with the first query: most servers never get one. */
export function graphqlRoutes<Actor>(rooms: readonly Bound<Actor>[]): Bound<Actor>[] {
  const load = async () => (await import('./query.ts')).createQueries(rooms);
  let loaded: ReturnType<typeof load> | undefined;
  return bind(graphqlContract, {
    queryGraphql: async (call) => {
      loaded ??= load();
      return (await loaded)(call);
    },
  });
}
