import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { list, PurgePreview } from '../schema.ts';

const BASE = '/api/v1/projects/:project';
const inProject = z.object({ project: z.string().min(1).max(200) });
const ids = z.array(z.string().min(1).max(64)).max(10_000).default([]);
/** What is meant; everything in the trash when both are empty. */
const Which = z.object({ run_ids: ids, experiment_ids: ids });

export const trashContract = {
  previewPurge: endpoint({
    method: 'POST',
    path: `${BASE}/trash/preview`,
    summary:
      'What deleting these runs and experiments of the trash for good would remove, and what came of them',
    needs: 'view',
    params: inProject,
    body: Which,
    response: PurgePreview,
  }),
  purge: endpoint({
    method: 'POST',
    path: `${BASE}/trash/purge`,
    summary: 'Delete runs and experiments of the trash for good; their names are free at once',
    needs: 'operate',
    params: inProject,
    /** `digest` of the preview: what is deleted is what was shown. */
    body: Which.extend({ digest: z.string().min(1) }),
    response: z.object({ experiments: z.number(), runs: z.number() }),
  }),
  moveRuns: endpoint({
    method: 'POST',
    path: `${BASE}/runs/move`,
    summary: 'Move runs to another experiment of the project: those named, or a piece of those that match',
    needs: 'track',
    params: inProject,
    body: z.object({
      experiment_id: z.string(),
      /** All of them are moved or none. */
      run_ids: z.array(z.string().min(1).max(64)).min(1).max(10_000).optional(),
      /** Without `run_ids`: runs of these experiments that match. */
      experiment_ids: list(z.string().max(20)),
      filter: z.string().max(1_000_000).optional(),
    }),
    response: z.object({
      moved: z.number(),
      /** Where they were: runs that were there already are in none. */
      from: z.array(z.object({ experiment_id: z.string(), run_ids: z.array(z.string()) })),
      /** More may match: ask again. */
      more: z.boolean(),
    }),
  }),
};
