import { bind, type Bound } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import { workspacesContract } from '../contract/workspaces.ts';
import type { WorkspacesService } from '../service/workspaces.ts';

export const workspacesRoutes = (workspaces: WorkspacesService): Bound<Actor>[] =>
  bind(workspacesContract, {
    listWorkspaces: async ({ actor }) => ({ workspaces: await workspaces.list(actor) }),
    createWorkspace: async ({ actor, body: { name, ...given } }) => ({
      workspace: await workspaces.create(actor, name, given),
    }),
    getWorkspace: async ({ params }) => ({ workspace: await workspaces.get(params.project) }),
    updateWorkspace: async ({ actor, params, body }) => ({
      workspace: await workspaces.update(actor, params.project, body),
    }),
    async deleteWorkspace({ actor, params, query }) {
      await workspaces.remove(actor, params.project, query.mode);
      return undefined;
    },
  });
