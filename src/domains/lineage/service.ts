import type { Database, Tx } from '../../database/index.ts';
import { parseUrn, type Urn, type UrnKind } from '../../lib/urn.ts';
import { allows, mayIn } from '../identity/policy.ts';
import type { Actor } from '../identity/schema.ts';
import type { LineageGraph, LineageLink, LineageNode, Relation } from './schema.ts';
import { insertLink, linksOf } from './store.ts';

/**
 * How a room describes its things. `links` adds what is known without a stored row (a prediction id names its endpoint and
 * deployment itself); `expects` names relations without which the chain has a gap.
 */
export interface Resolver {
  describe(parts: string[]): Promise<Described | undefined>;
  links?(parts: string[]): Promise<{ relation: Relation; to: Urn }[]>;
  expects?: readonly Relation[];
}

/** A thing and the project that it belongs to; null for what belongs to none and tells nothing of one, such as a commit. */
export type Described = Omit<LineageNode, 'urn'> & { project: string | null };

export interface LineageService {
  /** Records `from RELATION to` in the transaction of the change; the same link twice is one link. */
  link(tx: Tx, project: string, from: Urn, relation: Relation, to: Urn): Promise<void>;
  resolve(kind: UrnKind, resolver: Resolver): void;
  /**
   * Walks from a thing to everything it came from (`up`), to what came of it (`down`), or both. With `viewer` only through
   * projects that this actor may see: the rest is as if it were not there.
   */
  walk(
    root: string,
    options?: { direction?: 'up' | 'down' | 'both'; depth?: number; limit?: number; viewer?: Actor },
  ): Promise<LineageGraph>;
}

type Sees = (project: string | null) => boolean;

export function createLineage(database: Database): LineageService {
  const resolvers = new Map<UrnKind, Resolver>();

  /** Looks each thing up once; what the viewer may not see is as if nothing were known of it. */
  function lookUp(sees: Sees) {
    const known = new Map<string, Promise<Described | undefined>>();
    const find = (text: string) => {
      const { kind, parts } = parseUrn(text);
      const found = known.get(text) ?? Promise.resolve(resolvers.get(kind)?.describe(parts));
      known.set(text, found);
      return found;
    };
    return {
      async isHidden(text: string): Promise<boolean> {
        const found = await find(text);
        return found !== undefined && !sees(found.project);
      },
      async describe(text: string): Promise<LineageNode> {
        const found = await find(text);
        if (!found || !sees(found.project)) return { urn: text, title: null, facts: {}, href: null };
        const { project: _, ...shown } = found;
        return { urn: text, ...shown };
      },
    };
  }

  async function implied(text: string): Promise<LineageLink[]> {
    const { kind, parts } = parseUrn(text);
    const links = (await resolvers.get(kind)?.links?.(parts)) ?? [];
    return links.map((link) => ({ from: text, relation: link.relation, to: link.to, created_at: 0 }));
  }

  async function step(
    frontier: string[],
    direction: 'up' | 'down',
    limit: number,
    sees: Sees,
  ): Promise<LineageLink[]> {
    const stored = (await linksOf(database.read, frontier, direction, limit))
      .filter((link) => sees(link.project))
      .map(({ project: _, ...link }) => link);
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
      const { viewer } = options;
      const sees: Sees = (project) => !viewer || project === null || mayIn(viewer, 'view', project);
      const things = lookUp(sees);
      // Those who see all projects need not be asked for at each step.
      const hides = viewer !== undefined && !allows(viewer, 'admin', 'server') && !viewer.guest;
      const seen = new Set([root]);
      const links = new Map<string, LineageLink>();
      const directions =
        options.direction === 'both' || options.direction === undefined
          ? (['up', 'down'] as const)
          : ([options.direction] as const);
      /** Things that were asked what they came from. */
      const climbed = new Set<string>();
      let truncated = false;
      for (const direction of directions) {
        let frontier = hides && (await things.isHidden(root)) ? [] : [root];
        for (let depth = 0; depth < (options.depth ?? 20) && frontier.length > 0; depth++) {
          const next: string[] = [];
          if (direction === 'up') for (const text of frontier) climbed.add(text);
          for (const link of await step(frontier, direction, limit, sees)) {
            const other = direction === 'up' ? link.to : link.from;
            if (hides && !seen.has(other) && (await things.isHidden(other))) continue;
            links.set(`${link.from} ${link.relation} ${link.to}`, link);
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
      const nodes = await Promise.all([...seen].map(things.describe));
      const inside = [...links.values()].filter((link) => seen.has(link.from) && seen.has(link.to));
      return { root, nodes, links: inside, gaps: gapsOf(nodes, climbed, inside, resolvers), truncated };
    },
  };
}

function gapsOf(
  nodes: LineageNode[],
  climbed: ReadonlySet<string>,
  links: LineageLink[],
  resolvers: Map<UrnKind, Resolver>,
): LineageGraph['gaps'] {
  const gaps: LineageGraph['gaps'] = [];
  for (const node of nodes) {
    if (node.title === null) gaps.push({ urn: node.urn, missing: 'nothing is recorded under this name' });
    if (!climbed.has(node.urn)) continue;
    for (const relation of resolvers.get(parseUrn(node.urn).kind)?.expects ?? []) {
      if (!links.some((link) => link.from === node.urn && link.relation === relation))
        gaps.push({ urn: node.urn, missing: relation });
    }
  }
  return gaps;
}
