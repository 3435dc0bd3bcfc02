import { toAppError } from '../../lib/errors.ts';
import { urn } from '../../lib/urn.ts';
import { systemActor } from '../identity/schema.ts';
import { days, type Environment } from '../projects/schema.ts';
import { championIn } from './answering.ts';
import type { ReleaseParts } from './parts.ts';
import type { PromotionRecords } from './promotion-records.ts';
import type { Promotion } from './schema.ts';
import { findPromotion, movePromotion } from './store.ts';

/** What changes the traffic once a promotion may: the version alone, or a rollout against the champion first. */
export function promotionCarryOut(parts: ReleaseParts, { end }: PromotionRecords) {
  const { database, projects, serving, rollouts, facts } = parts;

  /** After the gates, and people where they are asked: straight in, or against the champion first. */
  async function carryOut(id: number): Promise<void> {
    const promotion = await findPromotion(database.read, id);
    if (promotion?.state !== 'checking' && promotion?.state !== 'waiting') return;
    const environment = await projects.environment(promotion.project, promotion.environment);
    const champion = await championIn(serving, promotion.endpoint);
    try {
      if (environment.rollout && champion && champion.version !== promotion.version)
        await startRollout(promotion, environment, champion.version);
      else {
        await release(promotion);
        await database.write((tx) =>
          end(tx, promotion, 'done', `v${promotion.version} answers ${promotion.environment}.`, {}),
        );
      }
    } catch (error) {
      const fault = toAppError(error);
      if (fault.status >= 500) throw error;
      await database.write((tx) =>
        end(
          tx,
          promotion,
          fault.code === 'ROLLOUT_UNDECIDABLE' ? 'refused' : 'failed',
          `${fault.message}${fault.hint ? ` ${fault.hint}` : ''}`,
          {},
        ),
      );
    }
  }

  async function startRollout(
    promotion: Promotion,
    environment: Environment,
    champion: number,
  ): Promise<void> {
    const policy = environment.rollout as NonNullable<Environment['rollout']>;
    const known = await facts.gates(promotion.project, promotion.model, promotion.version, champion);
    const charter = (await projects.get(promotion.project)).charter;
    const plan = await rollouts.plan(promotion.endpoint, {
      loss: charter?.goal.metric ?? 'log_loss',
      effect: policy.effect,
      sd: known.sd ?? policy.effect * 30,
      alpha: policy.alpha,
      horizon_ms: days(policy.horizon_days),
      canary_weight: policy.canary_weight,
      canary_window_ms: days(policy.canary_days),
      ...(policy.margin === undefined ? {} : { margin: policy.margin }),
    });
    const rollout = await rollouts.start(systemActor(`promotion ${promotion.id}`), promotion.project, {
      endpoint: promotion.endpoint,
      model: promotion.model,
      version: promotion.version,
      plan,
      of: urn('promotion', promotion.id),
    });
    await database.write((tx) =>
      movePromotion(tx, promotion.id, ['checking', 'waiting'], {
        state: 'rolling',
        sentence: rollout.sentence,
        rollout: rollout.id,
      }),
    );
  }

  async function release(promotion: Promotion): Promise<void> {
    const deploy = promotion.change.kind === 'deploy' ? promotion.change.deploy : undefined;
    await serving.applyPromoted(
      systemActor(`promotion ${promotion.id}`),
      promotion.project,
      {
        kind: 'deploy',
        endpoint: promotion.endpoint,
        deploy: {
          environment: promotion.environment,
          model: promotion.model,
          version: promotion.version,
          traffic: 1,
          shadow: false,
          note: '',
          ...(deploy?.unit === undefined ? {} : { unit: deploy.unit }),
        },
      },
      { kind: 'promotion', note: '', of: urn('promotion', promotion.id) },
    );
    await parts.moveAliases(
      systemActor(`promotion ${promotion.id}`),
      promotion.project,
      promotion.model,
      promotion.version,
      promotion.environment,
    );
  }

  return { carryOut, release };
}
