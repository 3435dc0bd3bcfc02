import { bind, type Bound } from '../../lib/contract/index.ts';
import type { Actor } from '../identity/schema.ts';
import { maturityContract } from './contract.ts';
import type { MaturityService } from './service.ts';

export const maturityRoutes = (maturity: MaturityService): Bound<Actor>[] =>
  bind(maturityContract, {
    getMaturity: ({ params }) => maturity.get(params.project),
    listMaturity: async ({ actor }) => ({ projects: await maturity.portfolio(actor) }),
    attest: ({ actor, params, body }) => maturity.attest(actor, params.project, params.criterion, body),
    reportCi: ({ actor, params, body }) => maturity.report(actor, params.project, body),
    listCiResults: async ({ params, query }) => ({ results: await maturity.results(params.project, query) }),
  });
