import { createReadStream } from 'node:fs';
import type { Analytics } from '../../../analytics/index.ts';
import type { BlobStore } from '../../../artifacts/index.ts';
import type { Database } from '../../../database/index.ts';
import type { Events, Signals } from '../../../events/index.ts';
import { urn } from '../../../lib/urn.ts';
import { predictionUnknown } from '../errors.ts';
import type { Gateways } from '../other-gateways.ts';
import { type PredictionScope, predictionScope } from '../predictions.ts';
import type { AwayGateway, Settled } from '../schema/control.ts';
import { parsePredictionId } from '../schema/route.ts';
import type { ServiceLevel, ServiceLevelQuery } from '../schema/service-level.ts';
import {
  cellOf,
  cellsSql,
  COUNT_SQL,
  errorSql,
  feedbackSql,
  type Layout,
  LAYOUT_SQL,
  predictionSql,
  rangeSql,
  SEGMENT_OPTIONS,
  SEGMENT_VIEW,
} from '../segment-import.ts';
import { serviceLevel } from '../service-level.ts';
import { findEndpoint, listDeployments } from '../store/endpoints.ts';
import { addCells } from '../store/level-cells.ts';
import {
  advanceClock,
  clockOf,
  insertPart,
  insertSegment,
  listParts,
  type Part,
  partsHolding,
  segmentKnown,
} from '../store/parts.ts';

/** Sealed segments of the gateway's log, wherever the gateway is. */
export interface SegmentSource {
  /** Closes what is open, so that it can be imported. */
  seal(): Promise<void>;
  sealed(): Promise<{ digest: string; path: string }[]>;
  /** Imported and durable here: the gateway may forget it. */
  acknowledge(digest: string): Promise<void>;
}

export interface LogService {
  /** Imports every sealed segment, each once. Returns how many predictions came in. */
  importSealed(): Promise<number>;
  /**
   * Event time has reached `through` at this endpoint: seals and imports the logs of all gateways that are there, and says so with `predictions.settled`. Without `through`
   * the newest imported event time is taken. Monitors and rollouts look at fixed event times behind this clock.
   */
  settle(project: string, endpoint: string, through?: number): Promise<Settled>;
  /** As `settle` for each, through its newest imported event time; the logs are imported once. */
  settleAll(endpoints: readonly { project: string; name: string }[]): Promise<void>;
  /** Seals and imports the log of this replica's gateway. */
  collect(): Promise<void>;
  /** Imports what a gateway that has ended left in its folder. */
  importLeft(source: Pick<SegmentSource, 'sealed' | 'acknowledge'>): Promise<void>;
  clock(endpoint: string): Promise<number | null>;
  /** Tables and views for analytics over the log of an endpoint in an event-time range. */
  scope(endpoint: string, range: { from: number; until: number }): Promise<PredictionScope>;
  find(predictionId: string): Promise<{
    prediction: Record<string, unknown>;
    shadows: Record<string, unknown>[];
    feedback: Record<string, unknown>[];
  }>;
  recent(
    endpoint: string,
    options: { limit: number; from?: number | undefined; until?: number | undefined },
  ): Promise<Record<string, unknown>[]>;
  /** Rate, latency and errors over the span that ends with the newest imported answer. */
  level(endpoint: string, query: ServiceLevelQuery): Promise<ServiceLevel>;
}

export interface LogParts {
  database: Database;
  events: Events;
  signals: Signals;
  analytics: Analytics;
  blobs: BlobStore;
  segments: SegmentSource;
  gateways: Pick<Gateways, 'gather' | 'isOwn'>;
}

export function createLog(parts: LogParts): LogService {
  const { database, events, signals, analytics, blobs, segments, gateways } = parts;
  let importing: Promise<unknown> = Promise.resolve();

  async function importSealed(source: Pick<SegmentSource, 'sealed' | 'acknowledge'>): Promise<number> {
    let predictions = 0;
    for (const segment of await source.sealed()) {
      if (!(await segmentKnown(database.read, segment.digest))) predictions += await importOne(segment);
      await source.acknowledge(segment.digest);
    }
    return predictions;
  }

  async function importOne(segment: { digest: string; path: string }): Promise<number> {
    const raw = await blobs.put(createReadStream(segment.path));
    const files = {
      [SEGMENT_VIEW]: { digest: raw.digest, format: 'json' as const, options: SEGMENT_OPTIONS },
    };
    const seen = await analytics.run({
      files,
      rows: {
        layouts: LAYOUT_SQL,
        counts: COUNT_SQL,
        feedback: endpointsWithFeedback,
        cells: cellsSql(),
      },
    });
    const layouts = seen.rows.layouts as unknown as Layout[];
    const wanted = await outputsOf(
      layouts,
      seen.rows.feedback.map((row) => String(row.endpoint)),
    );
    const ranges = Object.fromEntries(
      wanted.map((part) => [
        part.name,
        rangeSql(part.sql, part.time, part.kind === 'prediction' || part.kind === 'shadow'),
      ]),
    );
    const made = await analytics.run({
      files,
      rows: ranges,
      outputs: Object.fromEntries(wanted.map((part) => [part.name, part.sql])),
    });
    const counts = new Map(seen.rows.counts.map((row) => [String(row.kind), Number(row.n)]));
    const found: Omit<Part, 'id'>[] = [];
    for (const part of wanted) {
      const range = made.rows[part.name]?.[0];
      if (!range || Number(range.n) === 0) continue;
      const oneEpoch = range.epoch_low !== undefined && range.epoch_low === range.epoch_high;
      found.push({
        endpoint: part.endpoint,
        kind: part.kind,
        digest: made.outputs[part.name]?.digest as string,
        segment: segment.digest,
        rows: Number(range.n),
        min_event_time: Number(range.low),
        max_event_time: Number(range.high),
        epoch: oneEpoch ? Number(range.epoch_low) : null,
        min_sequence: oneEpoch ? Number(range.first) : null,
        max_sequence: oneEpoch ? Number(range.last) : null,
        imported_at: Date.now(),
      });
    }
    await database.write(async (tx) => {
      if (!(await insertSegment(tx, segment.digest, counts.get('prediction') ?? 0, counts.get('gap') ?? 0)))
        return;
      for (const part of found) await insertPart(tx, part);
      await addCells(tx, seen.rows.cells.map(cellOf));
    });
    await blobs.remove(raw.digest);
    for (const endpoint of new Set(found.map((part) => part.endpoint))) {
      const owner = await findEndpoint(database.read, endpoint);
      if (owner) signals.emit(owner.project, `endpoint/${endpoint}`, { imported: Date.now() });
    }
    return found.filter((part) => part.kind === 'prediction').reduce((sum, part) => sum + part.rows, 0);
  }

  interface Wanted {
    name: string;
    endpoint: string;
    kind: Part['kind'];
    sql: string;
    time: string;
  }

  async function outputsOf(layouts: Layout[], withFeedback: string[]): Promise<Wanted[]> {
    const wanted: Wanted[] = [];
    for (const layout of layouts) {
      const plan = (await listDeployments(database.read, layout.endpoint)).find(
        (row) => row.number === layout.deployment,
      )?.route;
      const types = { request: plan?.request ?? [], vector: plan?.signature.inputs ?? [] };
      for (const kind of ['prediction', 'shadow'] as const) {
        wanted.push({
          name: `${kind}_${wanted.length}`,
          endpoint: layout.endpoint,
          kind,
          sql: predictionSql(layout, types, kind === 'shadow'),
          time: 'event_time',
        });
      }
    }
    for (const endpoint of withFeedback)
      wanted.push({
        name: `feedback_${wanted.length}`,
        endpoint,
        kind: 'feedback',
        sql: feedbackSql(endpoint),
        time: 'observed_at',
      });
    const endpoints = new Set(layouts.map((layout) => layout.endpoint));
    for (const endpoint of endpoints)
      wanted.push({
        name: `error_${wanted.length}`,
        endpoint,
        kind: 'error',
        sql: errorSql(endpoint),
        time: 'wall_time',
      });
    return wanted;
  }

  /** One import at a time in this process; the digest keeps replicas from importing twice. */
  function importInTurn(source: Pick<SegmentSource, 'sealed' | 'acknowledge'> = segments): Promise<number> {
    const work = () => importSealed(source);
    const next = importing.then(work, work);
    importing = next.catch(() => {});
    return next;
  }

  async function collect(): Promise<void> {
    await segments.seal();
    await importInTurn();
  }

  async function gatherAll(): Promise<AwayGateway[]> {
    const [away] = await Promise.all([gateways.gather(), collect()]);
    return away;
  }

  async function advance(project: string, endpoint: string, until: number): Promise<void> {
    await database.write(async (tx) => {
      const clock = await advanceClock(tx, endpoint, until);
      if (clock.before === clock.now) return;
      await events.append(tx, {
        type: 'predictions.settled',
        source: 'serving',
        subject: urn('endpoint', endpoint),
        project,
        data: { endpoint, from: clock.before, through: clock.now, event_time: clock.now },
      });
    });
  }

  async function rowsOf(found: readonly Part[], where: string): Promise<Record<string, unknown>[]> {
    if (found.length === 0) return [];
    const { rows } = await analytics.run({
      tables: { part: found.map((part) => part.digest) },
      rows: { rows: `select * from part where ${where}` },
    });
    return rows.rows;
  }

  return {
    importSealed: () => importInTurn(),
    importLeft: async (source) => void (await importInTurn(source)),
    collect,
    async settle(project, endpoint, through) {
      const away = await gatherAll();
      const until = through ?? (await newest(endpoint));
      if (until !== null) await advance(project, endpoint, until);
      return { through: until, away };
    },
    async settleAll(endpoints) {
      await gatherAll();
      for (const { project, name } of endpoints) {
        const until = await newest(name);
        if (until !== null) await advance(project, name, until);
      }
    },
    clock: (endpoint) => clockOf(database.read, endpoint),
    async scope(endpoint, range) {
      const found = await listParts(database.read, endpoint, {
        kinds: ['prediction', 'shadow'],
        from: range.from,
        until: range.until,
      });
      const rest = await listParts(database.read, endpoint, { kinds: ['feedback', 'error'] });
      return predictionScope([...found, ...rest], range);
    },
    async find(id) {
      const parsed = parsePredictionId(id);
      if (!parsed) throw predictionUnknown(id);
      const away = gateways.isOwn(parsed.epoch) ? [] : await gateways.gather(parsed.epoch);
      if (gateways.isOwn(parsed.epoch)) await collect();
      const holding = await partsHolding(database.read, parsed.endpoint, parsed.epoch, parsed.sequence);
      const of = (kind: Part['kind']) => holding.filter((part) => part.kind === kind);
      const quoted = `'${id.replaceAll("'", "''")}'`;
      const [prediction] = await rowsOf([...of('prediction'), ...of('shadow')], `prediction_id = ${quoted}`);
      if (!prediction) throw predictionUnknown(id, away[0]);
      const shadows = await rowsOf(
        await listParts(database.read, parsed.endpoint, { kinds: ['shadow'] }),
        `"of" = ${quoted}`,
      );
      const feedback = await rowsOf(
        await listParts(database.read, parsed.endpoint, { kinds: ['feedback'] }),
        `prediction_id = ${quoted}`,
      );
      return { prediction, shadows, feedback };
    },
    async recent(endpoint, options) {
      const range = { from: options.from ?? -8.64e15, until: options.until ?? 8.64e15 };
      const all = await listParts(database.read, endpoint, { kinds: ['prediction'], ...range });
      const enough: Part[] = [];
      for (const part of all.reverse()) {
        if (enough.reduce((sum, each) => sum + each.rows, 0) >= options.limit) break;
        enough.push(part);
      }
      const feedback = await listParts(database.read, endpoint, { kinds: ['feedback'] });
      const scope = predictionScope([...enough, ...feedback], range);
      if (enough.length === 0) return [];
      const { rows } = await analytics.run({
        ...scope,
        rows: {
          rows: `select a.*, l.label from answers a left join labels l using (answer) order by a.event_time desc, a.sequence desc limit ${options.limit}`,
        },
      });
      return rows.rows;
    },
    level: (endpoint, query) => serviceLevel(database.read, endpoint, query),
  };

  async function newest(endpoint: string): Promise<number | null> {
    const all = await listParts(database.read, endpoint, { kinds: ['prediction'] });
    return all.length === 0 ? null : Math.max(...all.map((part) => part.max_event_time));
  }
}

const endpointsWithFeedback = `select distinct split_part(prediction_id, '.', 1) as endpoint from ${SEGMENT_VIEW} where kind = 'feedback'`;
