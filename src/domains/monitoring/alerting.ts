import type { MonitorSpec, MonitorWindow } from './schema.ts';

/** What the newest windows (newest first) ask for, given whether an alert is open. Windows without a verdict are passed over. */
export function alertMove(
  spec: Pick<MonitorSpec, 'breaches'>,
  newestFirst: readonly MonitorWindow[],
  open: boolean,
): 'open' | 'resolve' | undefined {
  const judged = newestFirst
    .filter((window) => window.state === 'healthy' || window.state === 'breach')
    .slice(0, spec.breaches.in);
  const breaches = judged.filter((window) => window.state === 'breach').length;
  if (!open) return breaches >= spec.breaches.of && judged[0]?.state === 'breach' ? 'open' : undefined;
  return judged.length === spec.breaches.in && breaches === 0 ? 'resolve' : undefined;
}
