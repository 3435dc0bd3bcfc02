import { hostname } from 'node:os';
import { type Database, databaseTime } from '../../database/index.ts';
import { claimEpochs, gatewayOfEpoch } from './gateway-epochs.ts';
import type { AwayGateway } from './schema/control.ts';
import {
  answerCall,
  callGateways,
  callOf,
  type GatewayRow,
  keepAlive,
  leave,
  listGateways,
} from './store/gateways.ts';

const CHANNEL = 'rondo_gateways';
const BEAT_MS = 5_000;
/** A replica that was silent for so long counts as gone. */
const LEASE_MS = 15_000;
/** Whoever is there and has not imported its log by then is named instead of waited for. */
const ANSWER_MS = 60_000;
const LOOK_MS = 250;
/** Rows of a gateway that was away for so long are not expected any more. */
const FORGET_MS = 30 * 86_400_000;

/** The gateways of the other replicas: each imports its own log when it is called. On SQLite there are none. */
export interface Gateways {
  /** The number of the own gateway. */
  claim(): Promise<number>;
  start(): Promise<void>;
  /** Every other gateway, or the one of a prediction's epoch, imports what it has. Settles with those that could not. */
  gather(epoch?: number): Promise<AwayGateway[]>;
  /** Whether this replica's own gateway gave out ids of the epoch. */
  isOwn(epoch: number): boolean;
  /** Nobody is waited for any more. */
  interrupt(): void;
  /** This replica ends; `holds`: its log may still have rows that are not imported. */
  stop(holds: boolean): Promise<void>;
}

export interface GatewaysParts {
  database: Database;
  /** Of the own gateway. */
  folder: string;
  /** Seals and imports the own log. */
  collect(): Promise<void>;
  report(line: Record<string, unknown>): void;
}

export function createGateways(parts: GatewaysParts): Gateways {
  const { database } = parts;
  const { capabilities } = database;
  let claimed: Promise<number> | undefined;
  const claim = () => {
    claimed ??= claimEpochs(database, parts.folder);
    claimed.catch(() => {
      claimed = undefined;
    });
    return claimed;
  };
  if (capabilities.engine === 'sqlite')
    return {
      claim,
      start: async () => {},
      gather: async () => [],
      isOwn: () => true,
      interrupt: () => {},
      stop: async () => {},
    };
  const place = `${hostname()}:${parts.folder}`;
  const waiting = new Set<() => void>();
  let self = 0;
  let timer: NodeJS.Timeout | undefined;
  let answering: Promise<void> | undefined;
  let again = false;
  let interrupted = false;
  let stopped = false;

  const warn = (error: unknown) => parts.report({ level: 'warn', gateways: String(error) });

  async function beat(): Promise<void> {
    await database.write((tx) => keepAlive(tx, capabilities, self, place, LEASE_MS));
    hear();
  }

  function hear(): void {
    for (const wake of waiting) wake();
    again = true;
    if (stopped) return;
    answering ??= answer()
      .catch(warn) // the next beat tries again
      .finally(() => {
        answering = undefined;
        if (again) hear();
      });
  }

  /** What is answered was imported after it was called. */
  async function answer(): Promise<void> {
    while (again && !stopped) {
      again = false;
      const call = await callOf(database.read, self);
      if (!call || call.called <= call.answered) continue;
      await parts.collect();
      await database.write(async (tx) => {
        await answerCall(tx, self, call.called);
        await database.notify(tx, CHANNEL);
      });
    }
  }

  const news = () =>
    new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(look);
        waiting.delete(wake);
        resolve();
      };
      const look = setTimeout(wake, LOOK_MS);
      waiting.add(wake);
    });

  return {
    claim,
    async start() {
      self = await claim();
      await beat();
      await database.listen(CHANNEL, hear);
      timer = setInterval(() => void beat().catch(warn), BEAT_MS).unref();
    },
    isOwn: (epoch) => gatewayOfEpoch(epoch) === self,
    async gather(epoch) {
      const only = epoch === undefined ? undefined : gatewayOfEpoch(epoch);
      const called = await database.write(async (tx) => {
        const rows = await callGateways(tx, capabilities, self, only);
        if (rows.length > 0) await database.notify(tx, CHANNEL);
        return new Map(rows.map((row) => [row.number, row.called]));
      });
      const deadline = Date.now() + ANSWER_MS;
      for (;;) {
        const now = await databaseTime(database.read, capabilities);
        const open = (await listGateways(database.read)).filter(
          (row) =>
            row.number !== self &&
            (only === undefined || row.number === only) &&
            row.holds === 1 &&
            row.answered < (called.get(row.number) ?? Infinity),
        );
        const there = open.filter((row) => called.has(row.number) && row.alive_until > now);
        if (there.length === 0 || Date.now() > deadline || interrupted)
          return open.filter((row) => row.alive_until > now - FORGET_MS).map(toAway);
        await news();
      }
    },
    interrupt() {
      interrupted = true;
      for (const wake of waiting) wake();
    },
    async stop(holds) {
      stopped = true;
      clearInterval(timer);
      await answering;
      if (self !== 0) await database.write((tx) => leave(tx, capabilities, self, holds)).catch(warn);
    },
  };
}

const toAway = ({ number, place, alive_until }: GatewayRow): AwayGateway => ({
  gateway: number,
  place,
  alive_until,
});
