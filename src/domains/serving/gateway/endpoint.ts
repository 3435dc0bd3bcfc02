import { AppError, ERRORS } from '../../../lib/errors.ts';
import {
  type Column,
  compileColumn,
  type Convert,
  refusal,
  type Value,
} from '../../../runtimes/signature.ts';
import type { OnlineStore } from '../../features/gateway/index.ts';
import type { EndpointRoute } from '../schema/route.ts';
import { type Assigned, compileSplit } from './assignment.ts';
import type { Item, LiveDeployment } from './deployment.ts';
import type { Answer, Keys } from './keys.ts';
import type { PredictionLog } from './log.ts';
import { compileVector, type ReadView, type VectorPlan } from './vector.ts';

/** Rows of one request, checked: row i, column j is `cells[i × columns + j]`. */
export interface Rows {
  n: number;
  cells: Value[];
}

export interface Ask {
  rows: Rows;
  /** From the header; else the row's own, else now. */
  eventTime: number | undefined;
  /** Idempotency key of each row. */
  keys: readonly string[] | undefined;
  /** The model version that the address names. */
  version: string | undefined;
  /** `performance.now()` at arrival. */
  started: number;
}

interface Work {
  row: number;
  item: Item;
  live: LiveDeployment;
}

interface Planned {
  live: LiveDeployment;
  plan: VectorPlan;
}

/** An endpoint as the routes say, ready to answer. Immutable; a new table makes a new one. */
export class LiveEndpoint {
  readonly route: EndpointRoute;
  readonly columns: readonly Column[];
  readonly converts: readonly Convert[];
  readonly places: ReadonlyMap<string, number>;
  readonly deployments: readonly LiveDeployment[];
  private readonly planned = new Map<LiveDeployment, VectorPlan>();
  private readonly split: (unit: string | undefined) => Assigned<LiveDeployment>;
  private readonly shadows: readonly Planned[];
  private readonly stickyAt: number;
  private readonly keys: Keys;
  private readonly log: PredictionLog;

  constructor(
    route: EndpointRoute,
    deployments: readonly LiveDeployment[],
    store: OnlineStore,
    keys: Keys,
    log: PredictionLog,
  ) {
    this.route = route;
    this.deployments = deployments;
    this.keys = keys;
    this.log = log;
    this.columns = route.request;
    this.converts = route.request.map(compileColumn);
    this.places = new Map(route.request.map((column, i) => [column.name, i]));
    if (this.places.size < route.request.length) throw wrong(route, 'names a request column twice');
    this.stickyAt = route.sticky === null ? -1 : (this.places.get(route.sticky) ?? -1);
    if (route.sticky !== null && this.stickyAt < 0)
      throw wrong(route, `is sticky by "${route.sticky}", which is no request column`);
    const read: ReadView = (view, version) => store.view(route.project, view, version);
    for (const live of deployments) this.planned.set(live, compileVector(this.columns, live.route, read));
    if (!deployments.some(({ weight }) => weight > 0)) throw wrong(route, 'gives no deployment any traffic');
    this.split = compileSplit(route.seed, deployments);
    this.shadows = deployments
      .filter(({ route: { shadow } }) => shadow)
      .map((live) => ({ live, plan: this.planned.get(live) as VectorPlan }));
  }

  /** Checks one cell, or throws the 422 that names column and row. */
  cell(column: number, value: unknown, row: number): Value {
    const checked = (this.converts[column] as Convert)(value);
    if (checked === undefined) throw refusal(this.columns[column] as Column, value, row);
    return checked;
  }

  /** The deployment of a model version; 404 when none here serves it. */
  versioned(version: string): LiveDeployment {
    const found = this.deployments.find(({ route }) => route.model.version === version);
    if (found) return found;
    throw new AppError(
      ERRORS.NOT_FOUND,
      `Endpoint ${this.route.name} does not serve version ${version.slice(0, 64)}.`,
      {
        hint: `It serves ${this.deployments.map(({ route }) => route.model.version).join(', ')}.`,
      },
    );
  }

  /**
   * Answers all rows or none: `done` gets one answer per row, once all are in the log.
   * Throws 422 for a vector that cannot be built and 429 when the queue is full; `failed` hears what goes wrong later.
   */
  predict(ask: Ask, done: (answers: Answer[]) => void, failed: (error: AppError) => void): void {
    const { rows, keys } = ask;
    const pinned = ask.version === undefined ? undefined : this.versioned(ask.version);
    const answers: Answer[] = [];
    if (rows.n === 0) {
      done(answers);
      return;
    }
    let left = rows.n;
    let over = false;
    const finish = (row: number, answer: Answer) => {
      answers[row] = answer;
      if (--left === 0 && !over) done(answers);
    };
    const fail = (error: AppError) => {
      if (over) return;
      over = true;
      failed(error);
    };
    const work: Work[] = [];
    const known: { row: number; answer: Answer }[] = [];
    for (let row = 0; row < rows.n; row++) {
      const key = keys?.[row];
      const answer = key === undefined ? undefined : this.keys.find(this.route.name, key);
      if (answer) known.push({ row, answer });
      else work.push(this.prepare(ask, row, pinned, key, finish, fail));
    }
    this.makeRoom(work);
    for (const { row, answer } of known) finish(row, answer);
    for (const { row, item, live } of work) {
      if (item.key === undefined || this.claim(item.key, row, finish, fail)) live.submit(item);
    }
  }

  private prepare(
    ask: Ask,
    row: number,
    pinned: LiveDeployment | undefined,
    key: string | undefined,
    finish: (row: number, answer: Answer) => void,
    fail: (error: AppError) => void,
  ): Work {
    const { cells } = ask.rows;
    const width = this.columns.length;
    const at = row * width;
    const sticky = this.stickyAt < 0 ? null : cells[at + this.stickyAt];
    const unit = sticky === null || sticky === undefined ? undefined : String(sticky);
    const assigned = pinned ? undefined : this.split(unit ?? key);
    const live = pinned ?? (assigned as Assigned<LiveDeployment>).to;
    const plan = this.planned.get(live) as VectorPlan;
    const eventTime = eventTimeOf(ask, plan, at);
    const vector = plan.identity ? undefined : plan.build(cells, at, eventTime);
    const version = live.route.model.version;
    const item: Item = {
      cells,
      at,
      width,
      vector,
      eventTime,
      started: ask.started,
      propensity: assigned ? assigned.propensity : null,
      unit,
      key,
      pinned: pinned !== undefined,
      of: undefined,
      done: (id, output) => {
        const answer = { id, output, version };
        if (key !== undefined) this.keys.settle(this.route.name, key, answer);
        finish(row, answer);
        if (this.shadows.length > 0 && !pinned) this.shadow(ask, item, live, id);
      },
      failed: (error) => {
        if (key !== undefined) this.keys.settle(this.route.name, key, undefined);
        fail(error);
      },
    };
    return { row, item, live };
  }

  /** Whether this row is the one that scores the key; otherwise it gets what the other gets. */
  private claim(
    key: string,
    row: number,
    finish: (row: number, answer: Answer) => void,
    fail: (error: AppError) => void,
  ): boolean {
    return this.keys.claim(this.route.name, key, (answer) => {
      if (answer) finish(row, answer);
      else
        fail(
          new AppError(ERRORS.UNAVAILABLE, 'The first request with this idempotency key failed.', {
            hint: 'Send it again.',
          }),
        );
    });
  }

  private makeRoom(work: readonly { live: LiveDeployment }[]): void {
    const wanted = new Map<LiveDeployment, number>();
    for (const { live } of work) wanted.set(live, (wanted.get(live) ?? 0) + 1);
    for (const [live, count] of wanted) {
      if (live.waiting > 0 && live.room < count) {
        throw new AppError(
          ERRORS.OVERLOADED,
          `Endpoint ${this.route.name} has more requests waiting than it can take.`,
          {
            hint: 'Send the request again after the time in Retry-After, or run more gateways.',
          },
        );
      }
    }
  }

  /** After the answer: every shadow deployment scores the same row. What does not fit is skipped and counted. */
  private shadow(ask: Ask, item: Item, answered: LiveDeployment, id: string): void {
    for (const { live, plan } of this.shadows) {
      if (live === answered) continue;
      try {
        if (live.room < 1) throw new AppError(ERRORS.OVERLOADED, 'The shadow queue is full.');
        const eventTime = eventTimeOf(ask, plan, item.at, item.eventTime);
        const vector = plan.identity ? undefined : plan.build(item.cells, item.at, eventTime);
        const skip = () => this.skipShadow(live);
        live.submit({
          ...item,
          vector,
          eventTime,
          propensity: null,
          key: undefined,
          of: id,
          done: () => {},
          failed: skip,
        });
      } catch {
        this.skipShadow(live);
      }
    }
  }

  private skipShadow(live: LiveDeployment): void {
    live.metrics.shadowSkipped++;
    this.log.skip('shadow_skipped');
  }
}

function eventTimeOf(ask: Ask, plan: VectorPlan, at: number, fallback?: number): number {
  if (ask.eventTime !== undefined) return ask.eventTime;
  const own = plan.eventTimeAt < 0 ? null : ask.rows.cells[at + plan.eventTimeAt];
  return typeof own === 'number' ? own : (fallback ?? Date.now());
}

const wrong = (route: EndpointRoute, what: string) =>
  new AppError(ERRORS.UNPROCESSABLE, `Endpoint ${route.name} ${what}.`);
