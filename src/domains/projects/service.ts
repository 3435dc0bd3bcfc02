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
import { findProject, listProjects, listRevisions, type ProjectRow, saveProject } from './store.ts';

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
}

/** A project without a file works too: one unprotected environment, `dev`. */
const bare = (name: string): ProjectRow => ({
  name,
  title: name,
  revision: 0,
  file: ProjectFile.parse({ project: name }),
  created_at: 0,
  updated_at: 0,
});

export function createProjects(database: Database, events: Events): ProjectsService {
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
    charter: file.charter ?? null,
    environments: file.environments,
    protected_aliases: file.protected_aliases,
  };
}
