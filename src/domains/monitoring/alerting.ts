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

const date = (time: number) => new Date(time).toISOString().slice(0, 10);
const short = (value: number | null) => (value === null ? 'unknown' : value.toFixed(4));

export function windowSentence(spec: MonitorSpec, window: MonitorWindow): string {
  const span = `${date(window.start)} to ${date(window.end - 1)}`;
  if (window.state === 'no_data') return `No data from ${span}: ${window.n} rows, ${spec.min_rows} needed.`;
  switch (spec.kind) {
    case 'quality': {
      const skill = `Skill is ${short(window.value)} (${short(window.low)} to ${short(window.high)}) on ${window.labelled} labelled rows of ${span}`;
      if (window.state === 'provisional')
        return `${skill}, provisional: ${Math.round((100 * window.labelled) / Math.max(1, window.n))}% labelled.`;
      return `${skill}, ${window.state === 'breach' ? 'under' : spec.breach === 'interval' ? 'not clearly under' : 'not under'} the limit ${short(window.limit)}.`;
    }
    case 'drift': {
      const shifted = (window.detail.features ?? []).filter((feature) => feature.shifted);
      if (shifted.length === 0) return `No feature shifted more than chance explains from ${span}.`;
      const worst = shifted.sort((a, b) => (b.distance ?? 0) - (a.distance ?? 0))[0];
      return `${shifted.length} of ${window.detail.features?.length} features shifted from ${span}, most ${worst?.feature} (${short(worst?.distance ?? null)}, limit ${short(worst?.limit ?? null)}).`;
    }
    case 'service':
      return `${window.detail.service?.errors ?? 0} errors of ${window.n}, p99 ${short(window.detail.service?.p99_ms ?? null)} ms from ${span}.`;
  }
}
