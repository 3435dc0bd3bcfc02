import type { RondoEvent } from '../../events/index.ts';
import { AppError } from '../../lib/errors.ts';
import { urn } from '../../lib/urn.ts';
import { type Actor, systemActor } from '../identity/schema.ts';
import type { Environment } from '../projects/schema.ts';
import type { Change } from '../serving/schema/control.ts';
import { hasAnswered } from './answering.ts';
import { RELEASE_ERRORS } from './errors.ts';
import type { ReleaseParts } from './parts.ts';
import { promotionCarryOut } from './promotion-carry-out.ts';
import { promotionGates } from './promotion-gates.ts';
import { CARRY_OUT_JOB, GATES_JOB, NEXT_JOB, promotionRecords } from './promotion-records.ts';
import type { Promotion } from './schema.ts';
import { findByApproval, findByRollout, findPromotion, listPromotions } from './store.ts';
import { deployTo } from './target.ts';

export interface ReleasesService {
  /** Asks for a version in an environment; it walks the environments before that first. The same request twice is one. */
  promote(
    actor: Actor,
    project: string,
    request: { model: string; version: number; to: string; causedBy?: string | null },
  ): Promise<Promotion>;
  get(id: number): Promise<Promotion>;
  list(
    project: string,
    filter?: { model?: string; version?: number; environment?: string },
  ): Promise<Promotion[]>;
  onApprovalRequested(event: RondoEvent): Promise<void>;
  onApprovalDecided(event: RondoEvent): Promise<void>;
  onRolloutDecided(event: RondoEvent): Promise<void>;
}

export function createReleases(parts: ReleaseParts): ReleasesService {
  const { database, projects, approvals, serving, lineage } = parts;
  const records = promotionRecords(parts);
  const { open, end, schedule } = records;
  const runGates = promotionGates(parts, records);
  const { carryOut, release } = promotionCarryOut(parts, records);
  parts.jobs.handle<{ promotion: number }>(GATES_JOB, async ({ job }) => runGates(job.payload.promotion), {
    concurrency: 1,
    leaseMs: 300_000,
  });
  parts.jobs.handle<{ promotion: number }>(
    CARRY_OUT_JOB,
    async ({ job }) => carryOut(job.payload.promotion),
    { concurrency: 1, leaseMs: 120_000 },
  );

  parts.jobs.handle<{ promotion: number }>(NEXT_JOB, async ({ job }) => goOn(job.payload.promotion), {
    concurrency: 1,
  });

  async function get(id: number): Promise<Promotion> {
    const promotion = await findPromotion(database.read, id);
    if (promotion) return promotion;
    throw new AppError(RELEASE_ERRORS.PROMOTION_UNKNOWN, `There is no promotion ${id}.`);
  }

  /** The promotion is done here: on to the next environment of its way. */
  async function goOn(id: number): Promise<void> {
    const done = await get(id);
    const [following, ...rest] = done.next;
    if (following === undefined) return;
    const target = await projects.environment(done.project, following);
    const running = await listPromotions(database.read, {
      project: done.project,
      model: done.model,
      version: done.version,
      environment: following,
      open: true,
      limit: 1,
    });
    if (running.length > 0) return;
    await database.write((tx) =>
      open(
        tx,
        systemActor(done.requested_by),
        done.project,
        following,
        deployTo(target, done.model, done.version, done.change),
        { approval: null, next: rest, causedBy: done.caused_by },
      ),
    );
  }

  return {
    get,
    list: (project, filter = {}) => listPromotions(database.read, { project, ...filter, limit: 200 }),
    async promote(actor, project, request) {
      const chain = await way(project, request.to);
      const already = await listPromotions(database.read, {
        project,
        model: request.model,
        version: request.version,
        open: true,
        limit: 20,
      });
      const same = already.find(
        (promotion) => promotion.environment === request.to || promotion.next.includes(request.to),
      );
      if (same) return same;
      const missing: Environment[] = [];
      for (const environment of chain) {
        if (
          environment.name === request.to ||
          !(await hasAnswered(serving, environment, request.model, request.version))
        )
          missing.push(environment);
      }
      const [first, ...rest] = missing as [Environment, ...Environment[]];
      const id = await database.write((tx) =>
        open(tx, actor, project, first.name, deployTo(first, request.model, request.version), {
          approval: null,
          next: rest.map((each) => each.name),
          causedBy: request.causedBy ?? null,
        }),
      );
      return get(id);
    },
    async onApprovalRequested(event) {
      const { id, kind } = event.data as { id: number; kind: string };
      if (kind !== 'promotion' || (await findByApproval(database.read, id))) return;
      const approval = await approvals.get(id);
      const { change, promotion, alias } = approval.payload as {
        change?: Change;
        promotion?: number;
        alias?: { model: string; version: number | null; environment: string };
      };
      if (promotion !== undefined || approval.state !== 'checking') return;
      const wanted =
        alias && alias.version !== null
          ? await aliasChange(approval.project, alias.model, alias.version, alias.environment)
          : change;
      if (wanted?.kind !== 'deploy') {
        await database.write((tx) =>
          approvals.settle(tx, id, 'rejected', 'Only a version can be promoted; roll back to take one out.'),
        );
        return;
      }
      await database.write(async (tx) => {
        if (await findByApproval(tx, id)) return;
        const asker: Actor = { kind: 'user', name: approval.requested_by, role: null, projects: {} };
        await open(tx, asker, approval.project, wanted.deploy.environment, wanted, {
          approval: id,
          next: [],
          causedBy: null,
        });
      });
    },
    async onApprovalDecided(event) {
      const { id, state, reason } = event.data as { id: number; state: string; reason: string };
      const promotion = await findByApproval(database.read, id);
      if (!promotion || promotion.state !== 'waiting') return;
      await database.write(async (tx) => {
        if (state === 'approved') {
          const self = urn('promotion', promotion.id);
          await lineage.link(tx, promotion.project, self, 'approved-by', urn('approval', id));
          await schedule(tx, CARRY_OUT_JOB, promotion.id, promotion.project);
        } else await end(tx, promotion, 'refused', `The request was ${state}: ${reason}`, {});
      });
    },
    async onRolloutDecided(event) {
      const { rollout, verdict, sentence } = event.data as {
        rollout: number;
        verdict: string | null;
        sentence: string;
      };
      const promotion = await findByRollout(database.read, rollout);
      if (!promotion || promotion.state !== 'rolling') return;
      if (verdict === 'promote') await release(promotion);
      await database.write((tx) =>
        end(tx, promotion, verdict === 'promote' ? 'done' : 'refused', sentence, {}),
      );
    },
  };

  /** An alias that stands for an environment asks for the version to answer there. */
  async function aliasChange(project: string, model: string, version: number, environment: string) {
    return deployTo(await projects.environment(project, environment), model, version);
  }

  /** The environments on the way to `to`, first to last. */
  async function way(project: string, to: string): Promise<Environment[]> {
    const chain: Environment[] = [];
    for (let name: string | undefined = to; name !== undefined; ) {
      const environment: Environment = await projects.environment(project, name);
      chain.unshift(environment);
      name = environment.after;
    }
    return chain;
  }
}
