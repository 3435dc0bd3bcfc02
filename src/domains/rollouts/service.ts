import type { Analytics } from '../../analytics/index.ts';
import type { Database, Tx } from '../../database/index.ts';
import type { Events, RondoEvent } from '../../events/index.ts';
import { enqueue, type JobWorker } from '../../jobs/index.ts';
import { AppError } from '../../lib/errors.ts';
import { urn, urnIn } from '../../lib/urn.ts';
import { type Actor, systemActor } from '../identity/schema.ts';
import type { LineageService } from '../lineage/service.ts';
import type { ServingService } from '../serving/service/endpoints.ts';
import type { LogService } from '../serving/service/log.ts';
import { candidateOf, championOf } from '../serving/traffic.ts';
import { isWorthKeeping, lookAtCanary, lookAtShadow, planRollout, type Prove } from './decision.ts';
import { ROLLOUT_ERRORS } from './errors.ts';
import { stageRows } from './rows.ts';
import type { Look, PlanQuestion, Rollout, RolloutPlan } from './schema.ts';
import { lookProof, planLead, type Planned, plannedPart } from './schema/proofs.ts';
import { findRollout, insertLook, insertRollout, listRollouts, updateRollout } from './store.ts';

export interface RolloutsService {
  /** What a test of this effect would need at this endpoint, from its stored traffic. */
  plan(endpoint: string, question: PlanQuestion): Promise<RolloutPlan>;
  /** Starts with the shadow; the candidate answers nobody until it proved better on paired rows. */
  start(
    actor: Actor,
    project: string,
    start: { endpoint: string; model: string; version: number; plan: RolloutPlan; of: string | null },
  ): Promise<Rollout>;
  stop(actor: Actor, id: number): Promise<Rollout>;
  get(id: number): Promise<Rollout>;
  list(project: string): Promise<Rollout[]>;
  active(endpoint: string): Promise<Rollout | undefined>;
  onSettled(event: RondoEvent): Promise<void>;
}

export interface RolloutParts {
  database: Database;
  events: Events;
  jobs: JobWorker;
  analytics: Analytics;
  lineage: LineageService;
  serving: ServingService;
  log: LogService;
}

const JOB = 'rollouts.look';

export function createRollouts(parts: RolloutParts): RolloutsService {
  const { database, events, analytics, serving, log, lineage } = parts;

  parts.jobs.handle<{ endpoint: string; through: number }>(
    JOB,
    async ({ job }) => {
      const rollout = await active(job.payload.endpoint);
      if (rollout && job.payload.through > rollout.stage_event_time) await look(rollout, job.payload.through);
    },
    { concurrency: 1, leaseMs: 120_000 },
  );

  const active = async (endpoint: string): Promise<Rollout | undefined> =>
    (await listRollouts(database.read, { endpoint, active: true, limit: 1 }))[0];

  async function get(id: number): Promise<Rollout> {
    const rollout = await findRollout(database.read, id);
    if (rollout) return rollout;
    throw new AppError(ROLLOUT_ERRORS.ROLLOUT_UNKNOWN, `There is no rollout ${id}.`);
  }

  async function look(rollout: Rollout, through: number): Promise<void> {
    const { plan, endpoint } = rollout;
    const scope = await log.scope(endpoint, { from: rollout.stage_event_time, until: through });
    const arms = (await serving.get(endpoint)).arms;
    const [champion, candidate] = [championOf(arms), candidateOf(arms)];
    if (!champion || !candidate || candidate.version !== rollout.candidate) {
      await end(
        rollout,
        'stopped',
        null,
        `Stopped: the traffic of ${endpoint} was changed by other hands.`,
        through,
      );
      return;
    }
    const seen = await stageRows(
      analytics,
      scope,
      { champion: champion.deployment, candidate: candidate.deployment },
      plan.loss,
      through,
    );
    const stage = rollout.state === 'shadow' ? 'shadow' : 'canary';
    const prove: Prove = Object.assign(
      (definition: string, formula?: string) =>
        lookProof(rollout, { stage, through, n: seen.rows }, definition, formula),
      { planned: (of: Planned) => plannedPart(rollout, of) },
    );
    const judge = stage === 'shadow' ? lookAtShadow : lookAtCanary;
    const result = { ...judge(plan, seen, rollout.stage_event_time, prove), looked_at: Date.now() };
    await act(rollout, result);
  }

  /** Traffic first, then the record: a look that is repeated after a crash finds the traffic as it wants it. */
  async function act(rollout: Rollout, result: Look): Promise<void> {
    if (result.decision === 'to_canary') {
      await change(rollout, rollout.plan.canary.weight);
      await database.write(async (tx) => {
        await record(tx, rollout, result);
        await updateRollout(tx, rollout.id, {
          state: 'canary',
          stage_event_time: result.through,
          sentence: result.sentence,
        });
      });
      return;
    }
    if (result.decision === 'keep_going') {
      if (!isWorthKeeping(rollout, result)) return;
      await database.write(async (tx) => {
        await record(tx, rollout, result);
        await updateRollout(tx, rollout.id, { sentence: result.sentence });
      });
      return;
    }
    const verdict = result.decision === 'no_verdict' ? 'inconclusive' : result.decision;
    if (verdict !== 'promote') await retire(rollout);
    await database.write(async (tx) => {
      await record(tx, rollout, result);
      await finish(tx, rollout, 'decided', verdict, result.sentence, result.through);
    });
  }

  async function record(tx: Tx, rollout: Rollout, result: Look): Promise<void> {
    await insertLook(tx, rollout.id, result);
    await events.append(tx, {
      type: 'rollout.looked',
      source: 'rollouts',
      subject: urn('rollout', rollout.id),
      project: rollout.project,
      data: {
        rollout: rollout.id,
        endpoint: rollout.endpoint,
        stage: result.stage,
        decision: result.decision,
        event_time: result.through,
        n: result.n,
        gain: result.gain,
      },
    });
  }

  async function finish(
    tx: Tx,
    rollout: Rollout,
    state: 'decided' | 'stopped',
    verdict: Rollout['verdict'],
    sentence: string,
    eventTime: number,
  ): Promise<void> {
    await updateRollout(tx, rollout.id, {
      state,
      verdict,
      sentence,
      ended_event_time: eventTime,
      ended_at: Date.now(),
    });
    await events.append(tx, {
      type: 'rollout.decided',
      source: 'rollouts',
      subject: urn('rollout', rollout.id),
      project: rollout.project,
      data: {
        rollout: rollout.id,
        endpoint: rollout.endpoint,
        model: rollout.model,
        candidate: rollout.candidate,
        state,
        verdict,
        sentence,
        of: rollout.of,
        event_time: eventTime,
      },
    });
  }

  async function end(
    rollout: Rollout,
    state: 'stopped',
    verdict: null,
    sentence: string,
    eventTime: number,
  ): Promise<void> {
    await database.write((tx) => finish(tx, rollout, state, verdict, sentence, eventTime));
  }

  async function change(
    rollout: Pick<Rollout, 'id' | 'project' | 'endpoint' | 'model' | 'candidate' | 'of'>,
    traffic: number,
  ): Promise<void> {
    const { environment } = await serving.get(rollout.endpoint);
    await serving.applyPromoted(
      systemActor(`rollout ${rollout.id}`),
      rollout.project,
      {
        kind: 'deploy',
        endpoint: rollout.endpoint,
        deploy: {
          environment,
          model: rollout.model,
          version: rollout.candidate,
          traffic,
          shadow: true,
          note: '',
        },
      },
      {
        kind: 'rollout',
        note: traffic === 0 ? 'shadow' : 'canary',
        of: rollout.id === 0 ? rollout.of : urn('rollout', rollout.id),
      },
    );
  }

  async function retire(rollout: Rollout): Promise<void> {
    await serving.applyPromoted(
      systemActor(`rollout ${rollout.id}`),
      rollout.project,
      { kind: 'retire-candidate', endpoint: rollout.endpoint },
      { kind: 'rollout', note: 'the champion stays', of: urn('rollout', rollout.id) },
    );
  }

  return {
    get,
    active,
    list: (project) => listRollouts(database.read, { project, limit: 200 }),
    async plan(endpoint, question) {
      return planRollout(question, await labelledRate(endpoint));
    },
    async start(actor, project, { endpoint, model, version, plan, of }) {
      const running = await active(endpoint);
      if (running && running.candidate === version && running.of === of) return running;
      if (running)
        throw new AppError(
          ROLLOUT_ERRORS.ROLLOUT_RUNNING,
          `Rollout ${running.id} of v${running.candidate} runs at ${endpoint}.`,
        );
      if (!plan.can_decide) {
        throw new AppError(
          ROLLOUT_ERRORS.ROLLOUT_UNDECIDABLE,
          `This test cannot decide: a gain of ${plan.effect} needs ${plan.rows_needed.toLocaleString('en-US')} labelled rows and its horizon is expected to give ${plan.horizon_rows.toLocaleString('en-US')}.`,
        );
      }
      const champion = championOf((await serving.get(endpoint)).arms);
      const now = (await log.clock(endpoint)) ?? Date.now();
      await change({ id: 0, project, endpoint, model, candidate: version, of }, 0);
      const id = await database.write(async (tx) => {
        const inserted = await insertRollout(tx, {
          project,
          endpoint,
          model,
          champion: champion?.version ?? 0,
          candidate: version,
          plan,
          state: 'shadow',
          verdict: null,
          sentence: planLead({ id: 0, project, plan, candidate: version, champion: champion?.version ?? 0 })
            .text,
          of,
          started_event_time: now,
          stage_event_time: now,
          ended_event_time: null,
          created_at: Date.now(),
          ended_at: null,
        });
        await lineage.link(
          tx,
          project,
          urn('rollout', inserted),
          'uses',
          urnIn(project, 'model-version', model, version),
        );
        if (champion)
          await lineage.link(
            tx,
            project,
            urn('rollout', inserted),
            'compared-with',
            urnIn(project, 'model-version', model, champion.version),
          );
        await events.append(tx, {
          type: 'rollout.started',
          source: 'rollouts',
          subject: urn('rollout', inserted),
          project,
          data: {
            rollout: inserted,
            endpoint,
            model,
            candidate: version,
            champion: champion?.version,
            by: actor.name,
            event_time: now,
          },
        });
        return inserted;
      });
      return get(id);
    },
    async stop(actor, id) {
      const rollout = await get(id);
      if (rollout.state !== 'shadow' && rollout.state !== 'canary') return rollout;
      await retire(rollout);
      await end(
        rollout,
        'stopped',
        null,
        `Stopped by ${actor.name}. The champion stays.`,
        (await log.clock(rollout.endpoint)) ?? Date.now(),
      );
      return get(id);
    },
    async onSettled(event) {
      const { endpoint, through } = event.data as { endpoint: string; through: number };
      if (!(await active(endpoint))) return;
      await database.write((tx) =>
        enqueue(tx, {
          kind: JOB,
          payload: { endpoint, through },
          project: event.project,
          singletonKey: `${JOB}/${event.id}`,
          concurrencyKey: `${JOB}/${endpoint}`,
        }),
      );
    },
  };

  /** Labelled answers per ms of event time, from what the log holds. */
  async function labelledRate(endpoint: string): Promise<number> {
    const until = (await log.clock(endpoint)) ?? Date.now();
    const scope = await log.scope(endpoint, { from: until - 28 * 86_400_000, until });
    const { rows } = await analytics.run({
      ...scope,
      rows: {
        r: 'select count(*)::double as n, (max(event_time) - min(event_time))::double as span from labelled',
      },
    });
    const { n, span } = rows.r[0] ?? {};
    return Number(span) > 0 ? Number(n) / Number(span) : 0;
  }
}
