import { bind, type Bound } from '../../lib/contract/index.ts';
import { AppError } from '../../lib/errors.ts';
import type { Actor } from '../identity/schema.ts';
import { releasesContract } from './contract.ts';
import { RELEASE_ERRORS } from './errors.ts';
import type { ReleasesService } from './service.ts';

export const releasesRoutes = (releases: ReleasesService): Bound<Actor>[] =>
  bind(releasesContract, {
    promote: ({ actor, params, body: { model, version, to, caused_by } }) =>
      releases.promote(actor, params.project, { model, version, to, causedBy: caused_by ?? null }),
    listPromotions: async ({ params, query }) => ({
      promotions: await releases.list(params.project, query),
    }),
    async getPromotion({ params }) {
      const promotion = await releases.get(params.id);
      if (promotion.project === params.project) return promotion;
      throw new AppError(
        RELEASE_ERRORS.PROMOTION_UNKNOWN,
        `Project '${params.project}' has no promotion ${params.id}.`,
      );
    },
  });
