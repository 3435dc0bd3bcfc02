import type { Tx } from '../../database/index.ts';
import { enqueue } from '../../jobs/index.ts';
import { urn, urnIn } from '../../lib/urn.ts';
import type { Actor } from '../identity/schema.ts';
import type { Change } from '../serving/schema/control.ts';
import type { ReleaseParts } from './parts.ts';
import type { Gate, Promotion } from './schema.ts';
import { insertPromotion, movePromotion } from './store.ts';

export const GATES_JOB = 'releases.gates';
export const CARRY_OUT_JOB = 'releases.carry-out';
export const NEXT_JOB = 'releases.next';
const OPEN = ['checking', 'waiting', 'rolling'] as const;

/** How promotions begin and end, each with its event, links and the job that goes on with it. */
export type PromotionRecords = ReturnType<typeof promotionRecords>;

export function promotionRecords({ approvals, events, lineage }: ReleaseParts) {
  const schedule = (tx: Tx, kind: string, promotion: number, project: string) =>
    enqueue(tx, { kind, payload: { promotion }, project, singletonKey: `${kind}/${promotion}` });

  /** One promotion into one environment, filed by us or by somebody's refused change. */
  async function open(
    tx: Tx,
    actor: Actor,
    project: string,
    environment: string,
    change: Extract<Change, { kind: 'deploy' }>,
    more: { approval: number | null; next: string[]; causedBy: string | null },
  ): Promise<number> {
    const { model, version } = change.deploy;
    const id = await insertPromotion(tx, {
      project,
      approval: more.approval,
      environment,
      endpoint: change.endpoint,
      model,
      version,
      change,
      release: null,
      state: 'checking',
      gates: [],
      rollout: null,
      next: more.next,
      requested_by: actor.name,
      caused_by: more.causedBy,
      sentence: `The gates of ${environment} are checked.`,
      created_at: Date.now(),
      ended_at: null,
    });
    await lineage.link(
      tx,
      project,
      urn('promotion', id),
      'uses',
      urnIn(project, 'model-version', model, version),
    );
    if (more.causedBy)
      await lineage.link(
        tx,
        project,
        urn('promotion', id),
        'caused-by',
        more.causedBy as `rondo:promotion:${string}`,
      );
    await events.append(tx, {
      type: 'promotion.requested',
      source: 'releases',
      subject: urn('promotion', id),
      project,
      data: { promotion: id, model, version, environment, by: actor.name },
    });
    await schedule(tx, GATES_JOB, id, project);
    return id;
  }

  /** Ends a promotion, settles its request and tells everybody. */
  async function end(
    tx: Tx,
    promotion: Promotion,
    state: 'done' | 'refused' | 'failed',
    sentence: string,
    more: { gates?: Gate[]; release?: string },
  ): Promise<void> {
    if (!(await movePromotion(tx, promotion.id, OPEN, { state, sentence, ...more }))) return;
    const { project, model, version, environment, endpoint } = promotion;
    if (promotion.approval !== null)
      await approvals.settle(tx, promotion.approval, state === 'done' ? 'approved' : 'rejected', sentence);
    await events.append(tx, {
      type: state === 'done' ? 'promotion.done' : 'promotion.refused',
      source: 'releases',
      subject: urn('promotion', promotion.id),
      project,
      data: {
        promotion: promotion.id,
        model,
        version,
        environment,
        endpoint,
        state,
        sentence,
        requested_by: promotion.requested_by,
        caused_by: promotion.caused_by,
      },
    });
    if (state !== 'done') return;
    if (promotion.next.length > 0) await schedule(tx, NEXT_JOB, promotion.id, project);
  }

  return { schedule, open, end };
}
