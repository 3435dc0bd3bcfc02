import { endpoint } from '../../lib/contract/index.ts';
import { WhoAmI } from './schema.ts';

export const identityContract = {
  whoAmI: endpoint({
    method: 'GET',
    path: '/api/v1/me',
    summary: 'Who this caller is and what it may do',
    needs: 'public',
    response: WhoAmI,
  }),
};
