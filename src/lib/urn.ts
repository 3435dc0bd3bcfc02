import { invalid } from './errors.ts';
import { storable } from './storable.ts';

/** Kinds of things that have a name everywhere: in lineage, events, links and the palette. */
export const URN_KINDS = [
  'project',
  'source',
  'dataset',
  'dataset-version',
  'validation',
  'feature-view',
  'feature-service',
  'experiment',
  'run',
  'logged-model',
  'model',
  'model-version',
  'evaluation',
  'pipeline',
  'pipeline-run',
  'step-run',
  'endpoint',
  'deployment',
  'prediction',
  'monitor',
  'window',
  'rollout',
  'release',
  'promotion',
  'approval',
  'rule',
  'firing',
  'alert',
  'commit',
  'environment-lock',
  'blob',
  'job',
  'user',
] as const;
export type UrnKind = (typeof URN_KINDS)[number];

/** `rondo:model-version:flight-delay/3`. Parts are percent-encoded, so a slash in a name stays inside its part. */
export type Urn = `rondo:${UrnKind}:${string}`;

export function urn(kind: UrnKind, ...parts: (string | number)[]): Urn {
  return `rondo:${kind}:${parts.map((part) => encodeURIComponent(storable(String(part)))).join('/')}`;
}

export function parseUrn(text: string): { kind: UrnKind; parts: string[] } {
  const [scheme, kind, ...rest] = text.split(':');
  if (scheme !== 'rondo' || !URN_KINDS.includes(kind as UrnKind) || rest.length === 0) {
    throw invalid(
      `'${text.slice(0, 200)}' is not a URN.`,
      'Write it like rondo:model-version:flight-delay/3.',
    );
  }
  return { kind: kind as UrnKind, parts: rest.join(':').split('/').map(decodeURIComponent) };
}

const DEFAULT_PROJECT = 'default';

/** URN of a thing whose name is unique within its project only; the default project is left out. */
export function urnIn(project: string, kind: UrnKind, ...parts: (string | number)[]): Urn {
  return project === DEFAULT_PROJECT ? urn(kind, ...parts) : urn(kind, project, ...parts);
}

/** The project and the `count` own parts of a URN that `urnIn` made. */
export function splitProject(parts: readonly string[], count: number): { project: string; own: string[] } {
  return parts.length > count
    ? { project: parts[0] as string, own: parts.slice(1) }
    : { project: DEFAULT_PROJECT, own: [...parts] };
}
