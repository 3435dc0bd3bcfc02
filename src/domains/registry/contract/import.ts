import { z } from 'zod';
import { endpoint } from '../../../lib/contract/index.ts';
import { Name } from '../../projects/schema.ts';
import { Outcome } from '../../tracking/schema/import.ts';
import { ImportedRegistered } from '../schema/import.ts';

export const registryImportContract = {
  importRegisteredModel: endpoint({
    method: 'POST',
    path: '/api/v1/projects/:project/import/registered-models',
    summary: 'Bring in a registered model or prompt with versions under their own numbers',
    needs: 'operate',
    params: z.object({ project: Name }),
    body: ImportedRegistered,
    /** Of the model by its name, of versions as `name/3`, of aliases as `name@alias`. */
    response: z.object({ results: z.array(Outcome) }),
  }),
};
