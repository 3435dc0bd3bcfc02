import { textTable } from '../../lib/table.ts';
import type { Finding } from './judge.ts';
import type { ProxyState, Side } from './state.ts';

export const VERDICTS = [
  'equal',
  'known',
  'different',
  'not imported',
  'concurrent',
  'repeated',
  'in doubt',
  'refused',
  'skipped',
  'outside',
  'lost',
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Milliseconds: of requests in the middle, and of all but the slowest twentieth. */
interface Times {
  requests: number;
  p50: number;
  p95: number;
}

export interface RouteReport {
  route: string;
  counts: Partial<Record<Verdict, number>>;
  upstream?: Times;
  rondo?: Times;
}

export interface ProxyReport {
  /** Who answers clients. */
  primary: Side;
  upstream: string;
  rondo: string;
  since: string;
  /** Writes that the other side has still to get. */
  waiting: number;
  /** Why it does not get them at the moment. */
  trouble?: string;
  /** Things that are called otherwise on one side. */
  renamed: number;
  counts: Partial<Record<Verdict, number>>;
  upstream_ms?: Times;
  rondo_ms?: Times;
  routes: RouteReport[];
  examples: {
    route: string;
    at: string;
    verdict: string;
    why?: string;
    number: number;
    first: unknown;
  }[];
}

const MOST_EXAMPLES = 100;
/** Of one route and side: the last ones are what counts. */
const MOST_TIMES = 500;
const LONGEST = 2000;
const ALL = '';

/** Counts what was compared and keeps examples, in bounded space. */
export class Report {
  readonly #state: ProxyState;
  readonly #times = new Map<string, number[]>();

  readonly #unwritten = new Map<string, number>();
  readonly #onFault: (error: Error) => void;

  /** `onFault` hears that something could not be written, which harms nobody but the report. */
  constructor(state: ProxyState, onFault: (error: Error) => void = () => {}) {
    this.#state = state;
    this.#onFault = onFault;
  }

  /** A count that cannot be written is held, and written with the next one that can. */
  count(route: string, verdict: Verdict): void {
    const key = JSON.stringify([route, verdict]);
    this.#unwritten.set(key, (this.#unwritten.get(key) ?? 0) + 1);
    try {
      this.#state.count(this.#held());
      this.#unwritten.clear();
    } catch (error) {
      this.#onFault(error as Error);
    }
  }

  #held(): { route: string; verdict: string; number: number }[] {
    return [...this.#unwritten].map(([key, number]) => {
      const [route, verdict] = JSON.parse(key) as [string, string];
      return { route, verdict, number };
    });
  }

  took(route: string, side: Side, ms: number): void {
    for (const name of [route, ALL]) {
      const key = `${side} ${name}`;
      const times = this.#times.get(key);
      if (!times) this.#times.set(key, [ms]);
      else if (times.push(ms) > MOST_TIMES) times.shift();
    }
  }

  judged(
    route: string,
    request: { method: string; url: string; body?: unknown },
    found: readonly Finding[],
    overlapped: boolean,
    isMissing: () => boolean,
  ): void {
    const unexplained = found.filter(({ why }) => why === undefined);
    const verdict: Verdict =
      found.length === 0
        ? 'equal'
        : unexplained.length === 0
          ? 'known'
          : overlapped
            ? 'concurrent'
            : isMissing()
              ? 'not imported'
              : 'different';
    this.count(route, verdict);
    if (verdict === 'equal' || verdict === 'concurrent') return;
    for (const one of verdict === 'known' ? found : unexplained) {
      // Places in lists are one place: where the answers differ, not in which line.
      const place = one.at.replaceAll(/\.\d+(?=\.|$)/g, '.*');
      const { mlflow, rondo } = one;
      const example = () => ({
        request: { method: request.method, url: request.url, body: cut(request.body) },
        at: one.at,
        mlflow: cut(mlflow),
        rondo: cut(rondo),
      });
      try {
        this.#state.example(route, place, verdict, one.why, MOST_EXAMPLES, example);
      } catch (error) {
        this.#onFault(error as Error);
      }
    }
  }

  timesOf(side: Side, route: string = ALL): Times | undefined {
    const times = this.#times.get(`${side} ${route}`)?.toSorted((a, b) => a - b);
    if (!times) return undefined;
    const at = (share: number) =>
      round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
    return { requests: times.length, p50: at(0.5), p95: at(0.95) };
  }

  /** `facts`: what only the running proxy knows. */
  read(facts: { upstream: string; rondo: string; trouble?: string | undefined }): ProxyReport {
    const state = this.#state;
    const routes = new Map<string, RouteReport>();
    const counts: ProxyReport['counts'] = {};
    for (const { route, verdict, number } of [...state.counts(), ...this.#held()]) {
      const of = routes.get(route) ?? { route, counts: {} };
      of.counts[verdict as Verdict] = (of.counts[verdict as Verdict] ?? 0) + number;
      counts[verdict as Verdict] = (counts[verdict as Verdict] ?? 0) + number;
      routes.set(route, of);
    }
    for (const of of routes.values()) Object.assign(of, this.#both(of.route, 'upstream', 'rondo'));
    return {
      primary: state.primary,
      ...facts,
      since: state.fact('since') ?? '',
      waiting: state.waiting,
      renamed: state.ids('rondo').length + state.ids('upstream').length,
      counts,
      ...this.#both(ALL, 'upstream_ms', 'rondo_ms'),
      routes: [...routes.values()],
      examples: state.examples().map(({ route, place, verdict, why, number, first }) => ({
        route,
        at: place,
        verdict,
        ...(why === null ? {} : { why }),
        number,
        first: JSON.parse(first) as unknown,
      })),
    };
  }

  #both(route: string, upstream: string, rondo: string): Record<string, Times> {
    const pairs = [
      [upstream, this.timesOf('upstream', route)],
      [rondo, this.timesOf('rondo', route)],
    ] as const;
    return Object.fromEntries(pairs.filter(([, times]) => times !== undefined)) as Record<string, Times>;
  }
}

const round = (ms: number): number => Math.round(ms * 10) / 10;

function cut(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text === undefined || text.length <= LONGEST ? value : `${text.slice(0, LONGEST)}…`;
}

/** The report as text, for a terminal and for the status page. */
export function reportText(report: ProxyReport): string {
  const { counts } = report;
  const times = (of: Times | undefined) => (of ? `${of.p50} / ${of.p95}` : '');
  const rows = report.routes.map((of) => [
    of.route,
    ...VERDICTS.slice(0, 4).map((verdict) => String(of.counts[verdict] ?? '')),
    VERDICTS.slice(4)
      .flatMap((verdict) => (of.counts[verdict] ? [`${of.counts[verdict]} ${verdict}`] : []))
      .join(', '),
    times(of.upstream),
    times(of.rondo),
  ]);
  const unexplained = report.examples.filter(({ verdict }) => verdict === 'different');
  return [
    `${report.primary === 'rondo' ? 'Rondo' : 'MLflow'} answers clients. MLflow: ${report.upstream}, Rondo: ${report.rondo}, since ${report.since}.`,
    `${report.waiting} writes wait for ${report.primary === 'rondo' ? 'MLflow' : 'Rondo'}.${report.trouble ? ` ${report.trouble}` : ''}`,
    `${counts.different ?? 0} unexplained differences.`,
    ...(report.upstream_ms || report.rondo_ms
      ? [`Milliseconds p50 / p95: MLflow ${times(report.upstream_ms)}, Rondo ${times(report.rondo_ms)}.`]
      : []),
    ...(rows.length > 0
      ? [
          '',
          textTable(
            ['ROUTE', 'EQUAL', 'KNOWN', 'DIFFERENT', 'NOT IMPORTED', 'NOT COMPARED', 'MLFLOW MS', 'RONDO MS'],
            rows,
          ),
        ]
      : []),
    ...unexplained.flatMap(({ route, at, number, first }) => [
      '',
      `${number} × ${route} differs at ${at}; first:`,
      JSON.stringify(first),
    ]),
  ].join('\n');
}
