import type { LineageGraph, LineageNode } from '../../lineage/schema.ts';
import type { ChainLink } from '../../../ui/chain.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { formatAbsolute } from '../../../ui/time.ts';
import { isTime } from './serving-words.ts';

/** The road from an answer to the file its data came from; what else led to it is on the page of its lineage. */
const ROAD = [
  'prediction',
  'deployment',
  'model-version',
  'run',
  'commit',
  'environment-lock',
  'feature-view',
  'dataset-version',
  'blob',
];

/**
 * A walk towards the causes as one line: the nearest thing of each kind on the road, in its order. A gap stands where the
 * missing link would. `others`: things that led to it too.
 */
export function causeChain(graph: LineageGraph): { links: ChainLink[]; gaps: number; others: number } {
  const depth = depths(graph);
  const near = (node: LineageNode) => depth.get(node.urn) ?? Infinity;
  const chosen = ROAD.flatMap((kind) => {
    const all = graph.nodes.filter((node) => node.urn.split(':')[1] === kind);
    return all.toSorted((a, b) => near(a) - near(b)).slice(0, 1);
  });
  const absent = graph.nodes.filter(
    (node) => !chosen.includes(node) && graph.gaps.some((gap) => gap.urn === node.urn),
  );
  const links = [...chosen, ...absent].flatMap((node): ChainLink[] => {
    const missing = graph.gaps.filter((gap) => gap.urn === node.urn);
    const own = linkOf(node, missing.find(() => node.title === null)?.missing);
    const after = node.title === null ? [] : missing.map((gap) => gapAfter(node, gap.missing));
    return [own, ...after];
  });
  return {
    links,
    gaps: links.filter((link) => link.gap !== undefined).length,
    others: graph.nodes.length - chosen.length - absent.length,
  };
}

function linkOf(node: LineageNode, gap: string | undefined): ChainLink {
  const [, kind = '', name = ''] = node.urn.split(':');
  const fact = Object.entries(node.facts)
    .filter(([, value]) => value !== null)
    .slice(0, 2)
    .map(([key, value]) => `${key.replaceAll('_', ' ')} ${factText(key, value)}`)
    .join(', ');
  return {
    id: node.urn,
    kind: kind.replaceAll('-', ' '),
    name: node.title ?? decodeURIComponent(name),
    fact: fact || undefined,
    href: node.href ?? undefined,
    gap,
  };
}

const gapAfter = (node: LineageNode, missing: string): ChainLink => ({
  id: `${node.urn} ${missing}`,
  kind: 'missing',
  name: missing.replaceAll('-', ' '),
  gap: 'not recorded',
});

function depths(graph: LineageGraph): Map<string, number> {
  const depth = new Map([[graph.root, 0]]);
  let frontier = [graph.root];
  while (frontier.length > 0) {
    const next: string[] = [];
    for (const link of graph.links) {
      // Rows that it was tested on did not make it.
      if (link.relation === 'evaluated-on') continue;
      if (!frontier.includes(link.from) || depth.has(link.to)) continue;
      depth.set(link.to, (depth.get(link.from) ?? 0) + 1);
      next.push(link.to);
    }
    frontier = next;
  }
  return depth;
}

/** A fact for people: moments as UTC, numbers with commas, digests cut. */
function factText(key: string, value: unknown): string {
  if (typeof value !== 'number') return shortened(String(value));
  return isTime(key.replaceAll(' ', '_'), value) ? formatAbsolute(value, 'UTC') : formatNumber(value);
}

/** Digests are cut to twelve characters; the page of the thing has the whole. */
const shortened = (text: string): string => text.replace(/\b([0-9a-f]{12})[0-9a-f]{20,}\b/g, '$1');
