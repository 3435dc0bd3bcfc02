import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import type { GraphEdge, GraphNode } from '../../../ui/graph-view.tsx';
import type { LineageGraph, LineageNode } from '../schema.ts';

/** Human name of a thing; the last part of its URN when nobody knows it. */
export const nameOf = (node: Pick<LineageNode, 'urn' | 'title'>): string =>
  node.title ?? decodeURIComponent(node.urn.split(':').slice(2).join(':'));

/** Things on the way from the root along the links (`up`: towards causes), with their distance. */
export function reach(
  graph: Pick<LineageGraph, 'root' | 'links'>,
  direction: 'up' | 'down',
): Map<string, number> {
  const distance = new Map([[graph.root, 0]]);
  let frontier = [graph.root];
  while (frontier.length > 0) {
    const next: string[] = [];
    for (const link of graph.links) {
      const [here, there] = direction === 'up' ? [link.from, link.to] : [link.to, link.from];
      if (!frontier.includes(here) || distance.has(there)) continue;
      distance.set(there, (distance.get(here) ?? 0) + 1);
      next.push(there);
    }
    frontier = next;
  }
  return distance;
}

export function sideOf(graph: LineageGraph, urn: string): string {
  if (urn === graph.root) return 'this';
  return reach(graph, 'up').has(urn) ? 'a cause' : reach(graph, 'down').has(urn) ? 'an effect' : 'beside';
}

/** The nearest things as nodes; edges run from cause to effect, so that causes stand at the left. */
export function graphOf(
  graph: LineageGraph,
  most: number,
  hrefOf: (urn: string) => string,
): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const up = reach(graph, 'up');
  const down = reach(graph, 'down');
  const distance = (urn: string) => Math.min(up.get(urn) ?? Infinity, down.get(urn) ?? Infinity);
  const shown = [...graph.nodes].sort((a, b) => distance(a.urn) - distance(b.urn)).slice(0, most);
  const inside = new Set(shown.map((node) => node.urn));
  const gaps = new Set(graph.gaps.map((gap) => gap.urn));
  return {
    nodes: shown.map((node) => ({
      id: node.urn,
      name: nameOf(node),
      fact: node.urn.split(':')[1]?.replaceAll('-', ' '),
      word: gaps.has(node.urn) ? 'No data' : undefined,
      href: hrefOf(node.urn),
    })),
    edges: graph.links
      .filter((link) => inside.has(link.from) && inside.has(link.to))
      .map((link) => ({ from: link.to, to: link.from })),
  };
}

export function lineageLead(graph: LineageGraph): LeadPart[] {
  const up = reach(graph, 'up').size - 1;
  const down = reach(graph, 'down').size - 1;
  const walked = {
    n: graph.links.length,
    method: 'links walked from this thing, each written when it came about',
    query: `rondo lineage show ${graph.root}`,
  };
  return lead(
    'It came from ',
    counted(
      up,
      { definition: 'Things from which a chain of links leads here.', ...walked },
      up === 1 ? 'thing' : 'things',
    ),
    ' and reached ',
    counted(
      down,
      { definition: 'Things to which a chain of links leads from here.', ...walked },
      down === 1 ? 'other' : 'others',
    ),
    '. ',
    ...(graph.gaps.length === 0
      ? ['The chain has no gap.']
      : [
          counted(
            graph.gaps.length,
            { definition: 'Links that a thing of its kind has and this one lacks.', ...walked },
            graph.gaps.length === 1 ? 'link is' : 'links are',
          ),
          ' missing and named below.',
        ]),
  ).parts;
}
