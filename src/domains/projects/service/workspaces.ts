import { AppError } from '../../../lib/errors.ts';
import { mayIn, refuse } from '../../identity/policy.ts';
import type { Actor } from '../../identity/schema.ts';
import { WORKSPACE_ERRORS } from '../errors.ts';
import { DEFAULT_PROJECT, type Project, ProjectFile } from '../schema.ts';
import { DELETION_MODES, type Workspace, workspaceNameFault } from '../schema/workspace.ts';
import type { ProjectsService } from '../service.ts';

interface Change {
  description?: string | undefined;
  default_artifact_root?: string | undefined;
  trace_archival_config?: unknown;
}

const DEFAULT_DESCRIPTION = 'Default workspace for legacy resources';

/** Projects in the terms of MLflow's clients. */
export function createWorkspaces(projects: ProjectsService) {
  async function get(name: string): Promise<Project> {
    const project = await projects.find(name);
    if (project) return project;
    throw new AppError(
      WORKSPACE_ERRORS.RESOURCE_DOES_NOT_EXIST,
      `Workspace '${name.slice(0, 200)}' not found`,
    );
  }

  return {
    list: async (actor: Actor): Promise<Workspace[]> => (await projects.listFor(actor)).map(toWorkspace),

    get: async (name: string): Promise<Workspace> => toWorkspace(await get(name)),

    async create(actor: Actor, name: string, given: Change): Promise<Workspace> {
      if (!mayIn(actor, 'operate', name)) throw refuse(actor, 'operate', { project: name });
      const fault = workspaceNameFault(name);
      if (fault) throw bad(fault);
      checkChange(given);
      if (await projects.find(name))
        throw new AppError(WORKSPACE_ERRORS.RESOURCE_ALREADY_EXISTS, `Workspace '${name}' already exists.`);
      const { description } = given;
      return toWorkspace(await projects.apply(actor, ProjectFile.parse({ project: name, description })));
    },

    async update(actor: Actor, name: string, given: Change): Promise<Workspace> {
      await get(name);
      if (Object.values(given).every((value) => value === undefined))
        throw bad('Workspace update must have at least one key');
      checkChange(given);
      return toWorkspace(await projects.describe(actor, name, given.description ?? ''));
    },

    /** A project holds more than a workspace does; so it is removed only when nothing is left in it, whatever the mode. */
    async remove(actor: Actor, name: string, mode = 'RESTRICT'): Promise<void> {
      if (!DELETION_MODES.some((each) => each === mode))
        throw bad(`Invalid deletion mode '${mode}'. Must be one of: ${DELETION_MODES.join(', ')}`);
      if (name === DEFAULT_PROJECT) throw bad("The 'default' workspace is reserved and cannot be deleted");
      await get(name);
      const left = await projects.contents(name);
      if (left !== undefined)
        throw new AppError(
          WORKSPACE_ERRORS.INVALID_STATE,
          `Cannot delete workspace '${name}': table '${left.table}' still contains ${left.count} resource(s). Remove or reassign them before deleting the workspace.`,
        );
      await projects.remove(actor, name);
    },
  };
}

export type WorkspacesService = ReturnType<typeof createWorkspaces>;

const bad = (message: string) => new AppError(WORKSPACE_ERRORS.INVALID_PARAMETER_VALUE, message);

/** What a project cannot have is refused, so that nobody believes it was taken. */
function checkChange({ description = '', default_artifact_root, trace_archival_config }: Change): void {
  if (description.length > 2000) throw bad('A description has at most 2000 characters.');
  if (default_artifact_root)
    throw bad('A workspace has no artifact root of its own here: the setting of the server holds for all.');
  if (trace_archival_config) throw bad('Trace archival is not configured by workspace here.');
}

function toWorkspace({ name, description }: Project): Workspace {
  const said = description ?? (name === DEFAULT_PROJECT ? DEFAULT_DESCRIPTION : '');
  return said === '' ? { name } : { name, description: said };
}
