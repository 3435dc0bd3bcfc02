import { graphlib, layout } from '@dagrejs/dagre';

export const NODE_WIDTH = 184;
export const NODE_HEIGHT = 44;

export interface GraphShape {
  nodes: readonly { id: string }[];
  edges: readonly { from: string; to: string }[];
}

export type Positions = Record<string, { x: number; y: number }>;

/** Left-to-right positions (upper left corner, px) of every node; cause left, effect right. */
export function layoutGraph({ nodes, edges }: GraphShape): Positions {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 20, ranksep: 36, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  const known = new Set(nodes.map((node) => node.id));
  for (const node of nodes) graph.setNode(node.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const edge of edges) if (known.has(edge.from) && known.has(edge.to)) graph.setEdge(edge.from, edge.to);
  layout(graph);
  return Object.fromEntries(
    nodes.map((node) => {
      const at = graph.node(node.id);
      return [node.id, { x: (at.x ?? 0) - NODE_WIDTH / 2, y: (at.y ?? 0) - NODE_HEIGHT / 2 }];
    }),
  );
}

/** Two graphs with the same digest share their positions, so that nothing jumps while states change. */
export const graphDigest = ({ nodes, edges }: GraphShape) =>
  JSON.stringify([nodes.map((node) => node.id), edges.map((edge) => [edge.from, edge.to])]);

/** The shape behind a digest of `graphDigest`. */
export function graphOfDigest(digest: string): GraphShape {
  const [nodes, edges] = JSON.parse(digest) as [string[], [string, string][]];
  return { nodes: nodes.map((id) => ({ id })), edges: edges.map(([from, to]) => ({ from, to })) };
}
