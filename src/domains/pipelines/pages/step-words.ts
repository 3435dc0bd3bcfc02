import type { StatusWord } from '../../../ui/status-words.ts';
import { DatasetRef, FileRef, ModelRef, type StepRunItem } from '../schema/runs.ts';
import { STATUS_ORDER, stepWord } from './pipeline-words.ts';

/** "train", or "train[3]" for one part of a map: names a step of a run in addresses and on screen. */
export const stepName = (step: Pick<StepRunItem, 'node' | 'map_index'>): string =>
  step.map_index === null ? step.node : `${step.node}[${step.map_index}]`;

type Chosen = Pick<StepRunItem, 'node' | 'map_index' | 'state'>;

/** The step of the address, by its name or by its node; else the one that failed, that runs, or the last. */
export function chosenStep<S extends Chosen>(steps: readonly S[], wanted: string | undefined): S | undefined {
  const telling = (among: readonly S[]) =>
    among.find((step) => step.state === 'failed') ?? among.find((step) => step.state === 'running');
  const ofNode = steps.filter((step) => step.node === wanted);
  return (
    steps.find((step) => stepName(step) === wanted) ??
    telling(ofNode) ??
    ofNode[0] ??
    telling(steps) ??
    steps.at(-1)
  );
}

/** States that steps are in with their counts, what went wrong first. */
export function stateCounts(steps: readonly Pick<StepRunItem, 'state'>[]): [StatusWord, number][] {
  const counts = new Map<StatusWord, number>();
  for (const step of steps) counts.set(stepWord(step.state), (counts.get(stepWord(step.state)) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => STATUS_ORDER.indexOf(a) - STATUS_ORDER.indexOf(b));
}

export type ShownValue =
  | { kind: 'model'; text: string; name: string; version: string }
  | { kind: 'dataset'; text: string; name: string; version: string; digest: string | null }
  | { kind: 'file'; name: string; size: number; digest: string }
  | { kind: 'text'; text: string };

const named = ({ name, version }: { name: string; version: string | number }) => ({
  text: `${name} v${version}`,
  name,
  version: String(version),
});

const LONGEST = 240;

/** What a value is to a reader: a thing of Rondo, a file, or its JSON, cut when it is long. */
export function shownValue(value: unknown): ShownValue {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    const file = FileRef.strict().safeParse(value);
    if (file.success) return { kind: 'file', ...file.data };
    const dataset = 'digest' in value ? DatasetRef.strict().safeParse(value).data : undefined;
    if (dataset) return { kind: 'dataset', ...named(dataset), digest: dataset.digest };
    const model = ModelRef.options[0].strict().safeParse(value).data;
    if (model) return { kind: 'model', ...named(model) };
  }
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return { kind: 'text', text: text.length > LONGEST ? `${text.slice(0, LONGEST)}\u2026` : text };
}

/** "1 cpu, 512 MB": what a step asks of the machine; nothing is said of what it does not ask. */
export function resourcesText(resources: Readonly<Record<string, unknown>>): string | undefined {
  const { cpu, memory_mb: memory, gpu } = resources;
  const parts = [
    typeof cpu === 'number' ? `${cpu} cpu` : undefined,
    typeof memory === 'number' ? `${memory} MB` : undefined,
    typeof gpu === 'number' && gpu > 0 ? `${gpu} gpu` : undefined,
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(', ') : undefined;
}
