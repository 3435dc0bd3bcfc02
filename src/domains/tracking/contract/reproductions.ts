import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { Reproduction } from '../schema/reproductions.ts';

export const reproductionsContract = {
  listReproductions: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/runs/:run/reproductions',
    summary: 'Runs that made a run again, newest first, and how near they came',
    needs: 'view',
    params: z.object({ project: z.string().min(1).max(200), run: z.string().min(1).max(64) }),
    response: z.object({
      reproductions: z.array(Reproduction),
      /** On how many machines it came out the same; those of unknown machines count as one. */
      machines: z.number(),
      /** Greatest distance of a metric in those that agree; null when none does. */
      within: z.number().nullable(),
      /** There are older ones. */
      more: z.boolean(),
    }),
  }),
};
