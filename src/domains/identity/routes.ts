import { bind, type Bound } from '../../lib/contract/index.ts';
import { identityContract } from './contract.ts';
import type { Actor } from './schema.ts';
import type { IdentityService } from './service.ts';

export const identityRoutes = (identity: IdentityService): Bound<Actor>[] =>
  bind(identityContract, {
    whoAmI: ({ actor }) => ({
      name: actor.name,
      kind: actor.kind,
      role: actor.role,
      may: identity.may(actor),
    }),
  });
