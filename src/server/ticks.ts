import type { Database } from '../database/index.ts';
import type { LogService } from '../domains/serving/service/log.ts';
import type { ServingService } from '../domains/serving/service/endpoints.ts';
import { endLease, holdLease } from '../jobs/index.ts';
import { ownerName } from '../lib/process-id.ts';
import { repeat } from '../lib/repeat.ts';
import type { Ground } from './ground.ts';

const TICK_MS = 15_000;
/** Two ticks may be missed before another replica takes them over. */
const LEASE_MS = 40_000;
const LEASE = 'ticks';
const DAY = 86_400_000;

/**
 * Live endpoints need nobody to say that time goes on: their log is imported and their clock follows the newest answer. An endpoint whose
 * event time is far from now is being replayed; its clock is moved by the replay alone, so that looks happen at fixed event times. Each
 * replica imports the log of its own gateway; the clocks are moved by one.
 */
export function startTicks(parts: {
  database: Database;
  log: LogService;
  serving: ServingService;
  report: Ground['report'];
}): { stop(): Promise<void> } {
  const owner = ownerName();

  async function tick(): Promise<void> {
    await parts.log.importSealed();
    const live = (await parts.serving.list()).filter(
      ({ event_time }) => event_time !== null && Math.abs(Date.now() - event_time) < DAY,
    );
    if (live.length > 0 && (await holdLease(parts.database, LEASE, owner, LEASE_MS)))
      await parts.log.settleAll(live);
  }

  const ticking = repeat(TICK_MS, tick, (error) => parts.report({ level: 'warn', tick: String(error) }));
  return {
    async stop() {
      await ticking.stop();
      await endLease(parts.database, LEASE, owner).catch(() => {});
    },
  };
}
