import { bind, type Bound } from '../../lib/contract/index.ts';
import { urn } from '../../lib/urn.ts';
import type { Actor } from '../identity/schema.ts';
import { lineageContract } from './contract.ts';
import type { LineageService } from './service.ts';

/** Anything that is not a URN is read as a prediction id. */
export const lineageRoutes = (lineage: LineageService): Bound<Actor>[] =>
  bind(lineageContract, {
    walkLineage: ({ actor, query }) =>
      lineage.walk(query.of.startsWith('rondo:') ? query.of : urn('prediction', query.of), {
        ...query,
        viewer: actor,
      }),
  });
