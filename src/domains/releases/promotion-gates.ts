import { createHash } from 'node:crypto';
import type { Tx } from '../../database/index.ts';
import { urn } from '../../lib/urn.ts';
import type { Environment } from '../projects/schema.ts';
import { championIn, hasAnswered } from './answering.ts';
import { judge, passed } from './gates.ts';
import type { ReleaseParts } from './parts.ts';
import { CARRY_OUT_JOB, type PromotionRecords } from './promotion-records.ts';
import type { Gate, Promotion } from './schema.ts';
import { findPromotion, movePromotion } from './store.ts';

/** Judges a promotion and sends it on: to its end, to people, or to be carried out. */
export function promotionGates(parts: ReleaseParts, { end, schedule }: PromotionRecords) {
  const { database, projects, approvals, serving, facts } = parts;

  async function runGates(id: number): Promise<void> {
    const promotion = await findPromotion(database.read, id);
    if (promotion?.state !== 'checking') return;
    const { project, model, version } = promotion;
    const environment = await projects.environment(project, promotion.environment);
    if (!environment.protected) return settleGates(promotion, environment, [], '');
    const champion = await championIn(serving, promotion.endpoint);
    const known = await facts.gates(
      project,
      model,
      version,
      champion && champion.version !== version ? champion.version : undefined,
    );
    const charter = (await projects.get(project)).charter;
    const before =
      environment.after === undefined ? undefined : await projects.environment(project, environment.after);
    const gates = judge(environment, {
      ...known,
      margin: charter?.goal.margin ?? null,
      champion:
        champion && champion.version !== version && known.championSignature
          ? { version: champion.version, signature: known.championSignature }
          : null,
      reachedBefore: before === undefined || (await hasAnswered(serving, before, model, version)),
    });
    const release = createHash('sha256')
      .update(JSON.stringify([model, version, known.parts, environment]))
      .digest('hex');
    await settleGates(promotion, environment, gates, release);
  }

  async function settleGates(
    promotion: Promotion,
    environment: Environment,
    gates: Gate[],
    release: string,
  ): Promise<void> {
    const failed = gates.find((each) => each.state === 'failed');
    await database.write(async (tx) => {
      if (failed || !passed(gates)) {
        const sentence = `v${promotion.version} was not promoted to ${environment.name}. Gate "${failed?.name}" failed: ${failed?.sentence}`;
        await end(tx, promotion, 'refused', sentence, { gates, release });
        return;
      }
      if (environment.mode === 'manual') {
        const approval = promotion.approval ?? (await fileApproval(tx, promotion));
        await tx.updateTable('promotions').set({ approval }).where('id', '=', promotion.id).execute();
        await movePromotion(tx, promotion.id, ['checking'], {
          state: 'waiting',
          sentence: `All gates passed; ${environment.approvals.needed} approval is missing.`,
          gates,
          release,
        });
        await approvals.open(tx, approval, environment.approvals.needed, environment.approvals.allow_self);
        return;
      }
      await tx
        .updateTable('promotions')
        .set({ gates: JSON.stringify(gates), release })
        .where('id', '=', promotion.id)
        .execute();
      await schedule(tx, CARRY_OUT_JOB, promotion.id, promotion.project);
    });
  }

  async function fileApproval(tx: Tx, promotion: Promotion): Promise<number> {
    const filed = await approvals.request(
      tx,
      { kind: 'system', name: promotion.requested_by, role: null, projects: {} },
      {
        project: promotion.project,
        kind: 'promotion',
        subject: urn('endpoint', promotion.endpoint),
        digest: createHash('sha256')
          .update(JSON.stringify([promotion.change, promotion.id]))
          .digest('hex'),
        title: `Promote ${promotion.model} v${promotion.version} to ${promotion.environment}`,
        payload: { change: promotion.change, promotion: promotion.id },
        state: 'checking',
      },
    );
    return filed.id;
  }

  return runGates;
}
