import { bind, type Bound } from '../../lib/contract/index.ts';
import { identityContract } from './contract.ts';
import type { Actor } from './schema.ts';
import type { IdentityService } from './service.ts';

const done = async (work: Promise<void>): Promise<Record<string, never>> => {
  await work;
  return {};
};

export const identityRoutes = (identity: IdentityService): Bound<Actor>[] =>
  bind(identityContract, {
    whoAmI: ({ actor, query }) => identity.whoAmI(actor, query.project),
    signIn: ({ body, request }) => identity.signIn(body.name, body.password, request.address),
    signOut: ({ actor }) => done(identity.signOut(actor)),
    changePassword: ({ actor, body, request }) =>
      done(identity.changePassword(actor, request.address, body.old_password, body.new_password)),
    listOwnTokens: async ({ actor }) => ({ tokens: await identity.listOwnTokens(actor) }),
    createToken: ({ actor, body }) => identity.createToken(actor, body),
    revokeToken: ({ actor, params }) => done(identity.revokeToken(actor, params.id)),
    listUsers: async () => ({ users: await identity.listUsers() }),
    createUser: ({ actor, body }) => identity.createUser(actor, body),
    changeUser: ({ actor, params, body }) => identity.changeUser(actor, params.user, body),
    resetPassword: ({ actor, params, body }) =>
      done(identity.resetPassword(actor, params.user, body.password)),
    listTokensOf: async ({ params }) => ({ tokens: await identity.listTokensOf(params.user) }),
    createServiceToken: ({ actor, params, body }) => identity.createServiceToken(actor, params.user, body),
    listMembers: async ({ params }) => ({ members: await identity.listMembers(params.project) }),
    setMember: ({ actor, params, body }) => identity.setMember(actor, params.project, params.user, body.role),
    removeMember: ({ actor, params }) => done(identity.removeMember(actor, params.project, params.user)),
  });
