import { bind, type Bound } from '../../lib/contract/index.ts';
import { AppError } from '../../lib/errors.ts';
import type { Actor } from '../identity/schema.ts';
import { projectsContract } from './contract.ts';
import { PROJECT_ERRORS } from './errors.ts';
import type { ProjectsService } from './service.ts';

export const projectsRoutes = (projects: ProjectsService): Bound<Actor>[] =>
  bind(projectsContract, {
    listProjects: async ({ actor }) => ({ projects: await projects.listFor(actor) }),
    getProject: ({ params }) => projects.get(params.project),
    async applyProject({ actor, params, body }) {
      if (params.project === body.project) return projects.apply(actor, body);
      throw new AppError(
        PROJECT_ERRORS.PROJECT_NAME_DIFFERS,
        `The address names '${params.project}', the file '${body.project}'.`,
      );
    },
    listProjectRevisions: async ({ params }) => ({ revisions: await projects.revisions(params.project) }),
  });
