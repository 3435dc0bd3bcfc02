import type { LogService } from '../domains/serving/service/log.ts';
import type { ServingService } from '../domains/serving/service/endpoints.ts';
import type { Ground } from './ground.ts';

const TICK_MS = 15_000;
const DAY = 86_400_000;

/**
 * Live endpoints need nobody to say that time goes on: their log is imported and their clock follows the newest answer. An endpoint whose
 * event time is far from now is being replayed; its clock is moved by the replay alone, so that looks happen at fixed event times.
 */
export function startTicks(parts: { log: LogService; serving: ServingService; report: Ground['report'] }): {
  stop(): void;
} {
  let running = false;
  const tick = async () => {
    if (running) return;
    running = true;
    try {
      await parts.log.importSealed();
      for (const endpoint of await parts.serving.list()) {
        if (endpoint.event_time !== null && Math.abs(Date.now() - endpoint.event_time) < DAY)
          await parts.log.settle(endpoint.project, endpoint.name);
      }
    } catch (error) {
      parts.report({ level: 'warn', tick: String(error) });
    } finally {
      running = false;
    }
  };
  const timer = setInterval(() => void tick(), TICK_MS).unref();
  return { stop: () => clearInterval(timer) };
}
