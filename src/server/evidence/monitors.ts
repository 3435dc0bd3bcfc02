import type { Evidence, Measure, Window } from '../../domains/maturity/evidence.ts';
import type { Monitor, MonitorWindow } from '../../domains/monitoring/schema.ts';
import { type Urn, urn, urnIn } from '../../lib/urn.ts';
import { type EvidenceParts, tallyOf, within } from './parts.ts';

type Findings = Pick<
  Evidence,
  'monitorsLive' | 'freshnessObjective' | 'availability' | 'meanTimeToRecovery' | 'falseAlarmRate'
>;

interface Watched {
  monitor: Monitor;
  /** Computed within the span, newest first. */
  windows: MonitorWindow[];
  /** Newest event time of the endpoint's log, epoch ms. */
  clock: number | null;
}

const UNKNOWN: Measure = { value: null, target: null, n: 0, proofs: [] };
/** A monitor lives while its newest judged window ended no longer ago than so many windows. */
const FRESH_WINDOWS = 2;

/** What monitors and their windows prove. Ages are event time, so that a replay counts as what it replays. */
export function monitorFindings({ monitoring, serving, features }: EvidenceParts): Findings {
  async function watched(project: string, window: Window): Promise<Watched[]> {
    const endpoints = new Map((await serving.list(project)).map((each) => [each.name, each]));
    return Promise.all(
      (await monitoring.list(project)).map(async (monitor) => ({
        monitor,
        windows: (await monitoring.get(project, monitor.name)).windows.filter((each) =>
          within(each.computed_at, window),
        ),
        clock: endpoints.get(monitor.spec.endpoint)?.event_time ?? null,
      })),
    );
  }

  return {
    async monitorsLive(project, window) {
      const all = await watched(project, window);
      const of = (kind: Monitor['spec']['kind']) =>
        tallyOf(
          all.filter(({ monitor }) => monitor.spec.kind === kind),
          isLive,
          ({ monitor }) => urnIn(project, 'monitor', monitor.name),
        );
      return { drift: of('drift'), quality: of('quality'), service: of('service') };
    },
    async freshnessObjective(project) {
      return tallyOf(
        await features.freshness(project),
        (report) => report.met,
        (report) => urnIn(project, 'feature-view', report.view, report.view_version),
      );
    },
    async availability(project, window) {
      let answered = 0;
      let failed = 0;
      const proofs: Urn[] = [];
      for (const { monitor, windows } of await watched(project, window)) {
        if (monitor.spec.kind !== 'service' || windows.length === 0) continue;
        for (const each of windows) {
          answered += each.n;
          failed += each.detail.service?.errors ?? 0;
        }
        proofs.push(urnIn(project, 'monitor', monitor.name));
      }
      const n = answered + failed;
      return { value: n === 0 ? null : answered / n, target: null, n, proofs: proofs.slice(0, 5) };
    },
    /** In event time: what the endpoint's users lived through, also in a replay. */
    async meanTimeToRecovery(project, window) {
      const closed = (await monitoring.alerts(project)).filter(
        (alert) => alert.closed_event_time !== null && within(alert.closed_at, window),
      );
      if (closed.length === 0) return UNKNOWN;
      const total = closed.reduce(
        (sum, alert) => sum + (alert.closed_event_time as number) - alert.opened_event_time,
        0,
      );
      return {
        value: total / closed.length,
        target: null,
        n: closed.length,
        proofs: closed.slice(0, 5).map((alert) => urn('alert', alert.id)),
      };
    },
    /** Of the alerts of which records or a person decide; see `outcomeOf` for how. */
    async falseAlarmRate(project, window) {
      const decided = (await monitoring.alerts(project)).filter(
        (alert) => alert.outcome !== null && within(alert.opened_at, window),
      );
      if (decided.length === 0) return UNKNOWN;
      const wrong = decided.filter((alert) => alert.outcome?.alarm === 'false');
      return {
        value: wrong.length / decided.length,
        target: null,
        n: decided.length,
        proofs: decided.slice(0, 5).map((alert) => urn('alert', alert.id)),
      };
    },
  };
}

function isLive({ monitor, windows, clock }: Watched): boolean {
  const judged = windows.find(({ state }) => state === 'healthy' || state === 'breach');
  if (!monitor.enabled || !judged || clock === null) return false;
  return clock - judged.end <= FRESH_WINDOWS * monitor.spec.window_ms;
}
