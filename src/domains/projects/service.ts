import { isDeepStrictEqual } from 'node:util';
import type { Database, Tx } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import { AppError } from '../../lib/errors.ts';
import { urn } from '../../lib/urn.ts';
import { mayIn } from '../identity/policy.ts';
import type { Actor } from '../identity/schema.ts';
import { PROJECT_ERRORS } from './errors.ts';
import {
  DEFAULT_PROJECT,
  type Environment,
  type Project,
  ProjectFile,
  type ProjectRevision,
} from './schema.ts';
import {
  findProject,
  listProjects,
  listRevisions,
  type ProjectRow,
  removeProject,
  saveProject,
} from './store.ts';

export interface ProjectsService {
  /** Makes the project what its file says. The same content again changes nothing. */
  apply(actor: Actor, file: ProjectFile): Promise<Project>;
  get(name: string): Promise<Project>;
  find(name: string): Promise<Project | undefined>;
  list(): Promise<Project[]>;
  /** Those that the actor may see. */
  listFor(actor: Actor): Promise<Project[]>;
  revisions(name: string): Promise<ProjectRevision[]>;
  environment(project: string, name: string): Promise<Environment>;
  /** Changes what a project says of itself, and nothing else; empty for nothing. */
  describe(actor: Actor, name: string, description: string): Promise<Project>;
  /** What is left in a project; undefined when nothing is. */
  contents: ProjectContents;
  /** Forgets a project with its revisions. What it holds must be gone. */
  remove(actor: Actor, name: string): Promise<void>;
}

/** A table with rows of the project, and how many. Given by the composition root, which knows all rooms. */
export type ProjectContents = (project: string) => Promise<{ table: string; count: number } | undefined>;

/** A project without a file works too: one unprotected environment, `dev`. */
const bare = (name: string): ProjectRow => ({
  name,
  title: name,
  revision: 0,
  file: ProjectFile.parse({ project: name }),
  created_at: 0,
  updated_at: 0,
});

export function createProjects(
  database: Database,
  events: Events,
  contents: ProjectContents = async () => undefined,
): ProjectsService {
  async function find(name: string): Promise<Project | undefined> {
    const row =
      (await findProject(database.read, name)) ?? (name === DEFAULT_PROJECT ? bare(name) : undefined);
    return row && toProject(row);
  }

  async function get(name: string): Promise<Project> {
    const project = await find(name);
    if (project) return project;
    throw new AppError(PROJECT_ERRORS.PROJECT_UNKNOWN, `There is no project '${name}'.`);
  }

  async function list(): Promise<Project[]> {
    const rows = await listProjects(database.read);
    return (rows.some((row) => row.name === DEFAULT_PROJECT) ? rows : [...rows, bare(DEFAULT_PROJECT)]).map(
      toProject,
    );
  }

  return {
    find,
    get,
    list,
    listFor: async (actor) => (await list()).filter((project) => mayIn(actor, 'view', project.name)),
    async apply(actor, given) {
      const file = ProjectFile.parse(given);
      const row = await database.write(async (tx) => save(tx, events, actor, file));
      return toProject(row);
    },
    contents,
    async describe(actor, name, description) {
      const row = await database.write(async (tx) => {
        const { file } = (await findProject(tx, name)) ?? bare(name);
        const { description: _, ...rest } = file;
        return save(tx, events, actor, description === '' ? rest : { ...rest, description });
      });
      return toProject(row);
    },
    async remove(actor, name) {
      await database.write(async (tx) => {
        await removeProject(tx, name);
        const subject = urn('project', name);
        const data = { author: actor.name };
        await events.append(tx, {
          type: 'project.removed',
          source: 'projects',
          subject,
          project: name,
          data,
        });
      });
    },
    revisions: (name) => listRevisions(database.read, name),
    async environment(project, name) {
      const found = (await get(project)).environments.find((environment) => environment.name === name);
      if (found) return found;
      throw new AppError(
        PROJECT_ERRORS.ENVIRONMENT_UNKNOWN,
        `Project '${project}' has no environment '${name}'.`,
      );
    },
  };
}

async function save(tx: Tx, events: Events, actor: Actor, file: ProjectFile): Promise<ProjectRow> {
  const before = await findProject(tx, file.project);
  if (before && isDeepStrictEqual(before.file, file)) return before;
  const now = Date.now();
  const row: ProjectRow = {
    name: file.project,
    title: file.title ?? file.project,
    revision: (before?.revision ?? 0) + 1,
    file,
    created_at: before?.created_at ?? now,
    updated_at: now,
  };
  await saveProject(tx, row, actor.name);
  await events.append(tx, {
    type: before ? 'project.changed' : 'project.created',
    source: 'projects',
    subject: urn('project', file.project),
    project: file.project,
    data: { revision: row.revision, author: actor.name },
  });
  return row;
}

function toProject({ file, ...row }: ProjectRow): Project {
  return {
    ...row,
    description: file.description ?? null,
    charter: file.charter ?? null,
    environments: file.environments,
    protected_aliases: file.protected_aliases,
  };
}
