import { join } from 'node:path';
import type { Analytics } from '../../analytics/index.ts';
import type { BlobStore } from '../../artifacts/index.ts';
import type { Database } from '../../database/index.ts';
import type { Events, RondoEvent } from '../../events/index.ts';
import { enqueue, type JobWorker } from '../../jobs/index.ts';
import { AppError, defineErrors } from '../../lib/errors.ts';
import { counted, lead } from '../../lib/lead.ts';
import { urnIn } from '../../lib/urn.ts';
import type { Actor } from '../identity/schema.ts';
import type { PredictionScope } from '../serving/predictions.ts';
import type { LogService } from '../serving/service/log.ts';
import type { ServingService } from '../serving/service/endpoints.ts';
import { championOf } from '../serving/traffic.ts';
import { createAlerts } from './alerts.ts';
import { windowLead } from './lead.ts';
import { setInMonitor } from './schema/proofs.ts';
import { type QualityRule, qualityWindow } from './quality.ts';
import {
  type Alert,
  type AlertOutcome,
  type Monitor,
  MonitorSpec,
  type MonitorWindow,
  type Mute,
  type MuteBody,
  isMuted,
  type QualityMonitor,
  windowStart,
} from './schema.ts';
import type { AlertRecords } from './outcome.ts';
import {
  listMonitors,
  listWindows,
  type MonitorRow,
  openAlert,
  saveMonitor,
  saveWindow,
  setMute,
} from './store.ts';
import { driftWindow, type ReferenceCache, serviceWindow, type TrainingReference } from './windows.ts';

/** What monitoring needs to know about the versions that answer. */
export interface ModelFacts {
  /** How answers of the project are judged, from its charter; undefined without one. */
  rule(project: string): Promise<QualityRule | undefined>;
  /** Whether the project has a charter to judge by; its baseline may still be to come. */
  hasCharter(project: string): Promise<boolean>;
  /** Gain over the baseline in the evaluation of this version. */
  evaluatedSkill(project: string, model: string, version: number): Promise<number | undefined>;
  trainingReference(project: string, model: string, version: number): Promise<TrainingReference | undefined>;
}

export interface MonitoringService {
  apply(actor: Actor, project: string, spec: MonitorSpec): Promise<Monitor>;
  list(project: string): Promise<Monitor[]>;
  get(
    project: string,
    name: string,
  ): Promise<{ monitor: Monitor; windows: MonitorWindow[]; alerts: Alert[] }>;
  alerts(project: string): Promise<Alert[]>;
  acknowledge(actor: Actor, project: string, id: number): Promise<void>;
  /** A person's word on whether there was something to do; null takes it back. */
  mark(actor: Actor, project: string, id: number, alarm: AlertOutcome['alarm'] | null): Promise<Alert>;
  /** Alerts are recorded until then, and nobody is told. */
  mute(actor: Actor, project: string, name: string, body: MuteBody): Promise<Monitor>;
  unmute(actor: Actor, project: string, name: string): Promise<Monitor>;
  /** For the subscription: what settled is computed by a job. */
  onSettled(event: RondoEvent): Promise<void>;
}

export interface MonitoringParts {
  database: Database;
  events: Events;
  jobs: JobWorker;
  analytics: Analytics;
  blobs: BlobStore;
  serving: ServingService;
  log: LogService;
  facts: ModelFacts;
  /** What decides whether alerts about an endpoint were true ones. */
  records(project: string, endpoint: string): Promise<AlertRecords>;
  evaluationEntry: string;
  folder: string;
}

const MONITOR_ERRORS = defineErrors({
  MONITOR_UNKNOWN: { status: 404, hint: '`rondo monitors list` shows the monitors.' },
  MUTE_PAST: { status: 400, hint: 'Name a moment that is still to come.' },
  CHARTER_MISSING: {
    status: 409,
    hint: 'Quality is skill over the baseline of the charter: write one in rondo.yaml.',
  },
});

const JOB = 'monitoring.settle';
const MOST_ANSWERS = 'select deployment from answers group by 1 order by count(*) desc, 1 desc limit 1';
/** How many windows back late truth is taken in. */
const RECOMPUTE = 12;

interface Settled {
  project: string;
  endpoint: string;
  from: number | null;
  through: number;
}

const charterMissing = (project: string) =>
  new AppError(
    MONITOR_ERRORS.CHARTER_MISSING,
    `Project '${project}' has no charter, so there is no baseline to beat.`,
  );

export function createMonitoring(parts: MonitoringParts): MonitoringService {
  const { database, events, analytics, log, serving, facts } = parts;
  const place = {
    analytics,
    blobs: parts.blobs,
    entry: parts.evaluationEntry,
    folder: join(parts.folder, 'evaluations'),
  };

  const references: ReferenceCache = new Map();
  const alerts = createAlerts(parts);

  parts.jobs.handle<Settled>(
    JOB,
    async ({ job }) => {
      for (const monitor of await listMonitors(database.read, {
        project: job.payload.project,
        endpoint: job.payload.endpoint,
      })) {
        if (monitor.enabled) await look(monitor, job.payload.through);
      }
    },
    { concurrency: 1, leaseMs: 120_000 },
  );

  async function look(monitor: MonitorRow, through: number): Promise<void> {
    for (const window of await due(monitor, through)) {
      const result = await compute(monitor, window);
      await database.write(async (tx) => {
        await saveWindow(tx, monitor.id, result);
        await alerts.onWindow(tx, monitor, result);
      });
    }
  }

  /** Windows that ended by now and were not judged yet, oldest first: new ones, and those that still waited for truth. */
  async function due(monitor: MonitorRow, through: number): Promise<{ start: number; end: number }[]> {
    const { spec } = monitor;
    const known = await listWindows(database.read, monitor.id, RECOMPUTE);
    const waiting = known
      .filter((window) => window.state === 'provisional')
      .map(({ start, end }) => ({ start, end }));
    const newest = known[0];
    const first = newest ? newest.end : await firstWindow(monitor, through);
    const fresh: { start: number; end: number }[] = [];
    for (let start = first; start + spec.window_ms <= through; start += spec.window_ms)
      fresh.push({ start, end: start + spec.window_ms });
    return [...waiting.reverse(), ...fresh];
  }

  async function firstWindow(monitor: MonitorRow, through: number): Promise<number> {
    const scope = await log.scope(monitor.endpoint, { from: -8.64e15, until: through });
    const { rows } = await analytics.run({
      ...scope,
      rows: { first: 'select min(event_time)::double as first from raw_predictions' },
    });
    const first = rows.first[0]?.first;
    return first === null || first === undefined ? through : windowStart(Number(first), monitor.spec);
  }

  async function compute(
    monitor: MonitorRow,
    window: { start: number; end: number },
  ): Promise<MonitorWindow> {
    const { spec, project } = monitor;
    const scope = await log.scope(spec.endpoint, { from: window.start, until: window.end });
    if (spec.kind === 'service') return serviceWindow(spec, window, scope, analytics);
    const judged = await versionOf(spec.endpoint, scope);
    if (spec.kind === 'drift') {
      const reference = judged && (await facts.trainingReference(project, judged.model, judged.version));
      if (reference) return driftWindow(spec, window, scope, reference, analytics, references);
      return {
        ...window,
        state: 'no_data',
        value: null,
        low: null,
        high: null,
        limit: null,
        n: 0,
        labelled: 0,
        detail: { reference: 'none recorded for the version that answered' },
        computed_at: Date.now(),
      };
    }
    const rule = await mustRule(project);
    return qualityWindow(spec, window, scope, rule, await limitOf(spec, project, judged), place);
  }

  /**
   * The version that a window is about: the one that answered the most of it. What is live when the window is judged may have come
   * later, and a window that is judged again must be held against the same.
   */
  async function versionOf(
    endpoint: string,
    scope: PredictionScope,
  ): Promise<{ model: string; version: number } | undefined> {
    const { rows } = await analytics.run({ ...scope, rows: { most: MOST_ANSWERS } });
    const answered = rows.most[0]?.deployment;
    if (answered !== undefined) return serving.deploymentOf(endpoint, Number(answered));
    return championOf((await serving.get(endpoint)).arms);
  }

  async function limitOf(
    spec: QualityMonitor,
    project: string,
    judged: { model: string; version: number } | undefined,
  ): Promise<number | null> {
    if (spec.limit.kind === 'below') return spec.limit.value;
    const skill = judged && (await facts.evaluatedSkill(project, judged.model, judged.version));
    return skill === undefined ? null : skill * spec.limit.share;
  }

  async function mustRule(project: string): Promise<QualityRule> {
    const rule = await facts.rule(project);
    if (rule) return rule;
    throw charterMissing(project);
  }

  async function toMonitor(row: MonitorRow): Promise<Monitor> {
    const [last] = await listWindows(database.read, row.id, 1);
    const alert = await openAlert(database.read, row.id);
    const state = alert
      ? 'Alert'
      : !last || last.state === 'no_data'
        ? 'No data'
        : last.state === 'provisional'
          ? 'Provisional'
          : 'Healthy';
    const { name, project, spec, enabled, created_at } = row;
    const muted = isMuted(row.muted) ? row.muted : null;
    const sentence = last
      ? windowLead(row, last)
      : lead(
          'No window has ended yet; the first does ',
          counted(
            Math.round(spec.window_ms / 86_400_000),
            setInMonitor(project, name, 'Length of a window.'),
            'days',
          ),
          ' of event time after traffic begins.',
        );
    return { name, project, spec, enabled, state, muted, lead: sentence, last: last ?? null, created_at };
  }

  async function muteTo(actor: Actor, row: MonitorRow, mute: Mute | null): Promise<Monitor> {
    const { project, name } = row;
    await database.write(async (tx) => {
      await setMute(tx, row.id, mute);
      await events.append(tx, {
        type: mute ? 'monitor.muted' : 'monitor.unmuted',
        source: 'monitoring',
        subject: urnIn(project, 'monitor', name),
        project,
        data: mute ?? { by: actor.name },
      });
    });
    return toMonitor(await mustFind(project, name));
  }

  async function mustFind(project: string, name: string): Promise<MonitorRow> {
    const [row] = await listMonitors(database.read, { project, name });
    if (row) return row;
    throw new AppError(MONITOR_ERRORS.MONITOR_UNKNOWN, `Project '${project}' has no monitor '${name}'.`);
  }

  return {
    async apply(actor, project, given) {
      const spec = MonitorSpec.parse(given);
      if (spec.kind === 'quality' && !(await facts.hasCharter(project))) throw charterMissing(project);
      await database.write(async (tx) => {
        await saveMonitor(tx, {
          project,
          name: spec.name,
          endpoint: spec.endpoint,
          spec,
          enabled: true,
          created_at: Date.now(),
        });
        await events.append(tx, {
          type: 'monitor.applied',
          source: 'monitoring',
          subject: urnIn(project, 'monitor', spec.name),
          project,
          data: { kind: spec.kind, endpoint: spec.endpoint, by: actor.name },
        });
      });
      return toMonitor(await mustFind(project, spec.name));
    },
    list: async (project) => Promise.all((await listMonitors(database.read, { project })).map(toMonitor)),
    async get(project, name) {
      const row = await mustFind(project, name);
      return {
        monitor: await toMonitor(row),
        windows: await listWindows(database.read, row.id, 200),
        alerts: (await alerts.list(project)).filter((alert) => alert.monitor === name),
      };
    },
    alerts: alerts.list,
    mark: alerts.mark,
    acknowledge: alerts.acknowledge,
    async mute(actor, project, name, { until, reason }) {
      const row = await mustFind(project, name);
      if (until <= Date.now())
        throw new AppError(MONITOR_ERRORS.MUTE_PAST, `Monitor '${name}' was not muted: that moment is over.`);
      return muteTo(actor, row, { until, reason, by: actor.name });
    },
    async unmute(actor, project, name) {
      return muteTo(actor, await mustFind(project, name), null);
    },
    async onSettled(event) {
      const data = event.data as Omit<Settled, 'project'>;
      const payload: Settled = {
        project: event.project ?? '',
        endpoint: data.endpoint,
        from: data.from,
        through: data.through,
      };
      await database.write((tx) =>
        enqueue(tx, {
          kind: JOB,
          payload,
          project: event.project,
          singletonKey: `${JOB}/${event.id}`,
          concurrencyKey: `${JOB}/${data.endpoint}`,
        }),
      );
    },
  };
}
