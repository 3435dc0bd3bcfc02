import type { Database, Tx } from '../../database/index.ts';
import { parseUrn, type Urn, type UrnKind } from '../../lib/urn.ts';
import type { LineageGraph, LineageLink, LineageNode, Relation } from './schema.ts';
import { insertLink, linksOf } from './store.ts';

/**
 * How a room describes its things. `links` adds what is known without a stored row (a prediction id names its endpoint and
 * deployment itself); `expects` names relations without which the chain has a gap.
 */
export interface Resolver {
  describe(parts: string[]): Promise<Omit<LineageNode, 'urn'> | undefined>;
  links?(parts: string[]): Promise<{ relation: Relation; to: Urn }[]>;
  expects?: readonly Relation[];
}

export interface LineageService {
  /** Records `from RELATION to` in the transaction of the change; the same link twice is one link. */
  link(tx: Tx, project: string, from: Urn, relation: Relation, to: Urn): Promise<void>;
  resolve(kind: UrnKind, resolver: Resolver): void;
  /** Walks from a thing to everything it came from (`up`), to what came of it (`down`), or both. */
  walk(
    root: string,
    options?: { direction?: 'up' | 'down' | 'both'; depth?: number; limit?: number },
  ): Promise<LineageGraph>;
}

export function createLineage(database: Database): LineageService {
  const resolvers = new Map<UrnKind, Resolver>();

  async function describe(text: string): Promise<LineageNode> {
    const { kind, parts } = parseUrn(text);
    const known = await resolvers.get(kind)?.describe(parts);
    return known ? { urn: text, ...known } : { urn: text, title: null, facts: {}, href: null };
  }

  async function implied(text: string): Promise<LineageLink[]> {
    const { kind, parts } = parseUrn(text);
    const links = (await resolvers.get(kind)?.links?.(parts)) ?? [];
    return links.map((link) => ({ from: text, relation: link.relation, to: link.to, created_at: 0 }));
  }

  async function step(frontier: string[], direction: 'up' | 'down', limit: number): Promise<LineageLink[]> {
    const stored = await linksOf(database.read, frontier, direction, limit);
    if (direction === 'down') return stored;
    const derived = await Promise.all(frontier.map(implied));
    return [...stored, ...derived.flat()];
  }

  return {
    link: (tx, project, from, relation, to) =>
      insertLink(tx, project, { from, relation, to, created_at: Date.now() }),
    resolve: (kind, resolver) => resolvers.set(kind, resolver),
    async walk(root, options = {}) {
      parseUrn(root);
      const limit = options.limit ?? 200;
      const seen = new Set([root]);
      const links = new Map<string, LineageLink>();
      const directions =
        options.direction === 'both' || options.direction === undefined
          ? (['up', 'down'] as const)
          : ([options.direction] as const);
      let truncated = false;
      for (const direction of directions) {
        let frontier = [root];
        for (let depth = 0; depth < (options.depth ?? 20) && frontier.length > 0; depth++) {
          const next: string[] = [];
          for (const link of await step(frontier, direction, limit)) {
            links.set(`${link.from} ${link.relation} ${link.to}`, link);
            const other = direction === 'up' ? link.to : link.from;
            if (seen.has(other)) continue;
            if (seen.size >= limit) {
              truncated = true;
              continue;
            }
            seen.add(other);
            next.push(other);
          }
          frontier = next;
        }
      }
      const nodes = await Promise.all([...seen].map(describe));
      const inside = [...links.values()].filter((link) => seen.has(link.from) && seen.has(link.to));
      return { root, nodes, links: inside, gaps: gapsOf(nodes, inside, resolvers), truncated };
    },
  };
}

function gapsOf(
  nodes: LineageNode[],
  links: LineageLink[],
  resolvers: Map<UrnKind, Resolver>,
): LineageGraph['gaps'] {
  const gaps: LineageGraph['gaps'] = [];
  for (const node of nodes) {
    if (node.title === null) gaps.push({ urn: node.urn, missing: 'nothing is recorded under this name' });
    for (const relation of resolvers.get(parseUrn(node.urn).kind)?.expects ?? []) {
      if (!links.some((link) => link.from === node.urn && link.relation === relation))
        gaps.push({ urn: node.urn, missing: relation });
    }
  }
  return gaps;
}
