import { createHash } from 'node:crypto';
import type { Database, Tx } from '../../database/index.ts';
import type { Events, RondoEvent } from '../../events/index.ts';
import { enqueue, type JobWorker } from '../../jobs/index.ts';
import { AppError, toAppError } from '../../lib/errors.ts';
import { urn, urnIn } from '../../lib/urn.ts';
import type { ApprovalsService } from '../approvals/service.ts';
import { type Actor, systemActor } from '../identity/schema.ts';
import type { LineageService } from '../lineage/service.ts';
import { days, type Environment } from '../projects/schema.ts';
import type { ProjectsService } from '../projects/service.ts';
import type { RolloutsService } from '../rollouts/service.ts';
import type { Change } from '../serving/schema/control.ts';
import type { ServingService } from '../serving/service/endpoints.ts';
import { championOf } from '../serving/traffic.ts';
import { RELEASE_ERRORS } from './errors.ts';
import { type GateFacts, judge, passed } from './gates.ts';
import type { Gate, Promotion } from './schema.ts';
import {
  findByApproval,
  findByRollout,
  findPromotion,
  insertPromotion,
  listPromotions,
  movePromotion,
} from './store.ts';

/** What releases needs to know from registry, datasets and CI. */
export interface ReleaseFacts {
  /** Everything the gates read, evaluated beside the given champion first when that was not done yet. */
  gates(
    project: string,
    model: string,
    version: number,
    champion: number | undefined,
  ): Promise<
    Omit<GateFacts, 'reachedBefore' | 'margin' | 'champion'> & {
      championSignature: GateFacts['signature'] | null;
      sd: number | null;
      parts: Record<string, unknown>;
    }
  >;
}

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

export interface ReleaseParts {
  database: Database;
  events: Events;
  jobs: JobWorker;
  lineage: LineageService;
  projects: ProjectsService;
  approvals: ApprovalsService;
  serving: ServingService;
  rollouts: RolloutsService;
  facts: ReleaseFacts;
  /** Moves the aliases that stand for an environment to the version that answers there now. */
  moveAliases(
    actor: Actor,
    project: string,
    model: string,
    version: number,
    environment: string,
  ): Promise<void>;
}

const GATES_JOB = 'releases.gates';
const CARRY_OUT_JOB = 'releases.carry-out';
const NEXT_JOB = 'releases.next';
const OPEN = ['checking', 'waiting', 'rolling'] as const;

export function createReleases(parts: ReleaseParts): ReleasesService {
  const { database, events, projects, approvals, serving, rollouts, facts, lineage } = parts;
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

  const schedule = (tx: Tx, kind: string, promotion: number, project: string) =>
    enqueue(tx, { kind, payload: { promotion }, project, singletonKey: `${kind}/${promotion}` });

  async function get(id: number): Promise<Promotion> {
    const promotion = await findPromotion(database.read, id);
    if (promotion) return promotion;
    throw new AppError(RELEASE_ERRORS.PROMOTION_UNKNOWN, `There is no promotion ${id}.`);
  }

  async function championIn(endpoint: string): Promise<{ model: string; version: number } | undefined> {
    const found = await serving.get(endpoint).catch((error: unknown) => {
      if (error instanceof AppError && error.status === 404) return undefined;
      throw error;
    });
    return found && championOf(found.arms);
  }

  async function hasAnswered(environment: Environment, model: string, version: number): Promise<boolean> {
    const endpoint = endpointName(environment, model);
    const deployments = await serving.deployments(endpoint).catch(() => []);
    return deployments.some((deployment) => deployment.model === model && deployment.version === version);
  }

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

  async function runGates(id: number): Promise<void> {
    const promotion = await get(id);
    if (promotion.state !== 'checking') return;
    const { project, model, version } = promotion;
    const environment = await projects.environment(project, promotion.environment);
    if (!environment.protected) return settleGates(promotion, environment, [], '');
    const champion = await championIn(promotion.endpoint);
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
      reachedBefore: before === undefined || (await hasAnswered(before, model, version)),
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

  /** After the gates, and people where they are asked: straight in, or against the champion first. */
  async function carryOut(id: number): Promise<void> {
    const promotion = await get(id);
    if (promotion.state !== 'checking' && promotion.state !== 'waiting') return;
    const environment = await projects.environment(promotion.project, promotion.environment);
    const champion = await championIn(promotion.endpoint);
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
          !(await hasAnswered(environment, request.model, request.version))
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

const endpointName = (environment: Environment, model: string): string =>
  environment.endpoint.replaceAll('{model}', model).replaceAll('{environment}', environment.name);

function deployTo(
  environment: Environment,
  model: string,
  version: number,
  like?: Change,
): Extract<Change, { kind: 'deploy' }> {
  const unit = like?.kind === 'deploy' ? like.deploy.unit : undefined;
  return {
    kind: 'deploy',
    endpoint: endpointName(environment, model),
    deploy: {
      environment: environment.name,
      model,
      version,
      traffic: 1,
      shadow: false,
      note: '',
      ...(unit === undefined ? {} : { unit }),
    },
  };
}
