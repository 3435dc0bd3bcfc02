import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { Workspace } from '../schema/workspace.ts';

const One = z.object({ workspace: Workspace });
const PATH = '/mlflow/workspaces';
const given = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);
const params = z.object({ project: z.string() });
const Change = z.object({
  description: given(z.string()),
  default_artifact_root: given(z.string()),
  trace_archival_config: given(z.unknown()),
});
const served = { versions: ['3.0'], dialect: 'mlflow' } as const;

/** MLflow's workspaces: each is a project. */
export const workspacesContract = {
  listWorkspaces: endpoint({
    method: 'GET',
    path: PATH,
    ...served,
    summary: 'The projects that the caller may see, as workspaces',
    needs: 'view',
    across: true,
    response: z.object({ workspaces: z.array(Workspace) }),
  }),
  createWorkspace: endpoint({
    method: 'POST',
    path: PATH,
    ...served,
    summary: 'Make a project',
    needs: 'operate',
    across: true,
    body: Change.extend({ name: z.string().min(1) }),
    response: One,
    status: 201,
  }),
  getWorkspace: endpoint({
    method: 'GET',
    path: `${PATH}/:project`,
    ...served,
    summary: 'One project as a workspace',
    needs: 'view',
    params,
    response: One,
  }),
  updateWorkspace: endpoint({
    method: 'PATCH',
    path: `${PATH}/:project`,
    ...served,
    summary: 'Describe a project',
    needs: 'operate',
    params,
    body: Change,
    response: One,
  }),
  deleteWorkspace: endpoint({
    method: 'DELETE',
    path: `${PATH}/:project`,
    ...served,
    summary: 'Remove a project in which nothing is left',
    needs: 'admin',
    params,
    query: z.object({ mode: given(z.string()) }),
    response: z.undefined(),
    status: 204,
  }),
};
