import { z } from 'zod';
import { endpoint } from '../../lib/contract/index.ts';
import { Name, Project, ProjectFile, ProjectRevision } from './schema.ts';

const params = z.object({ project: Name });

export const projectsContract = {
  listProjects: endpoint({
    method: 'GET',
    path: '/api/v1/projects',
    summary: 'All projects that the caller may see',
    needs: 'view',
    across: true,
    response: z.object({ projects: z.array(Project) }),
  }),
  getProject: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project',
    summary: 'One project with its charter and environments',
    needs: 'view',
    params,
    response: Project,
  }),
  applyProject: endpoint({
    method: 'PUT',
    path: '/api/v1/projects/:project',
    summary: 'Make the project what this file (rondo.yaml) says',
    needs: 'operate',
    params,
    body: ProjectFile,
    response: Project,
  }),
  listProjectRevisions: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/revisions',
    summary: 'Every saved state of the charter, newest first',
    needs: 'view',
    params,
    response: z.object({ revisions: z.array(ProjectRevision) }),
  }),
};
