import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { Name } from '../../projects/schema.ts';
import { VersionContents } from '../schema/contents.ts';

export const contentsContract = {
  getVersionContents: endpoint({
    method: 'GET',
    path: '/api/v1/projects/:project/models/:model/versions/:version/contents',
    summary: 'Files, signature and flavors of a version',
    needs: 'view',
    params: z.object({
      project: Name,
      model: z.string().min(1).max(255),
      version: z.coerce.number().int().positive(),
    }),
    response: VersionContents,
  }),
};
