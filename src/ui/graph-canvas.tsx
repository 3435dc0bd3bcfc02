import {
  Background,
  Controls,
  type Edge,
  Handle,
  MiniMap,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import {
  graphDigest,
  graphOfDigest,
  type GraphShape,
  NODE_HEIGHT,
  NODE_WIDTH,
  type Positions,
} from './graph-layout.ts';
import type { GraphNode, GraphViewProps } from './graph-view.tsx';
import { LoadingBars } from './loading-bars.tsx';
import { StatusGlyph } from './status.tsx';
import { STATUS } from './status-words.ts';

type Drawn = Node<{ node: GraphNode }, 'rondo'>;

const known = new Map<string, Positions>();
const nodeTypes = { rondo: GraphNodeBox };

/** The drawing behind `GraphView`, in a chunk of its own: arrows walk the links, Enter opens. */
export function GraphCanvas({ nodes, edges, selected, onSelect }: GraphViewProps) {
  const positions = usePositions(nodes, edges);
  const [own, setOwn] = useState(selected);
  const root = useRef<HTMLDivElement>(null);
  const current = selected ?? own;
  const drawn = useMemo<Drawn[]>(
    () =>
      positions
        ? nodes.map((node) => ({
            id: node.id,
            type: 'rondo',
            position: positions[node.id] ?? { x: 0, y: 0 },
            data: { node },
            width: NODE_WIDTH,
            height: NODE_HEIGHT,
            selected: node.id === current,
            draggable: false,
            ariaLabel: `${node.name}${node.word ? `, ${node.word}` : ''}${node.fact ? `, ${node.fact}` : ''}`,
          }))
        : [],
    [nodes, positions, current],
  );
  const links = useMemo<Edge[]>(
    () =>
      edges.map((edge) => ({
        id: `${edge.from} ${edge.to}`,
        source: edge.from,
        target: edge.to,
        type: 'smoothstep',
        pathOptions: { offset: 10, borderRadius: 0 },
        label: edge.label,
        focusable: false,
        data: { near: edge.from === current || edge.to === current },
        className: edge.from === current || edge.to === current ? 'r-edge-near' : undefined,
      })),
    [edges, current],
  );
  if (!positions)
    return <LoadingBars rows={4} height={NODE_HEIGHT} awaiting={`Placing ${nodes.length} nodes`} />;
  const select = (id: string | undefined) => {
    if (id === undefined) return;
    setOwn(id);
    onSelect?.(id);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const to = walk(event.key, current, nodes, edges, positions);
    if (event.key === 'Enter' && current)
      root.current?.querySelector<HTMLAnchorElement>(`[data-node="${CSS.escape(current)}"] a`)?.click();
    else if (to === undefined) return;
    else select(to);
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={root}
      className="r-graph-canvas"
      tabIndex={0}
      role="application"
      aria-label="Graph; arrows walk the links"
      onKeyDownCapture={onKeyDown}
    >
      <ReactFlow<Drawn>
        nodes={drawn}
        edges={links}
        nodeTypes={nodeTypes}
        onNodeClick={(_event, node) => select(node.id)}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        fitView
        fitViewOptions={{
          minZoom: 0.78,
          maxZoom: 1,
          padding: 0.02,
          ...(selected && nodes.length > CENTRED_FROM ? { nodes: [{ id: selected }], maxZoom: 0.9 } : {}),
        }}
        minZoom={0.2}
        maxZoom={1.5}
        zoomOnScroll={false}
        preventScrolling={false}
      >
        <Background gap={24} size={1} color="var(--r-line)" />
        <Controls showInteractive={false} orientation="horizontal" />
        {nodes.length > 40 ? (
          <MiniMap
            pannable
            nodeColor="var(--r-lineStrong)"
            maskColor="color-mix(in srgb, var(--r-sunken) 70%, transparent)"
          />
        ) : null}
      </ReactFlow>
    </div>
  );
}

/** From this size on a graph does not fit and opens centred on the chosen node. */
const CENTRED_FROM = 16;

function GraphNodeBox({ data: { node }, selected }: NodeProps<Drawn>) {
  const look = node.word ? STATUS[node.word] : undefined;
  return (
    <div
      className="r-node"
      data-selected={selected || undefined}
      data-tone={look?.tone}
      data-node={node.id}
      data-faint={node.faint || undefined}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} />
      {look ? (
        <span className="r-status" data-tone={look.tone}>
          <StatusGlyph shape={look.shape} />
        </span>
      ) : null}
      <span className="r-node-text">
        <strong title={node.name}>
          {node.href ? (
            <a className="r-quiet nodrag" href={node.href} tabIndex={-1}>
              {node.name}
            </a>
          ) : (
            node.name
          )}
        </strong>
        {node.fact ? <span title={node.fact}>{node.fact}</span> : null}
      </span>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}

/** The node an arrow key leads to: left and right along a link, up and down to the nearest in the same column. */
function walk(
  key: string,
  current: string | undefined,
  nodes: readonly GraphNode[],
  edges: GraphViewProps['edges'],
  positions: Positions,
): string | undefined {
  if (!key.startsWith('Arrow')) return undefined;
  if (!current) return nodes[0]?.id;
  if (key === 'ArrowRight') return edges.find((edge) => edge.from === current)?.to;
  if (key === 'ArrowLeft') return edges.find((edge) => edge.to === current)?.from;
  const here = positions[current];
  if (!here) return undefined;
  const way = key === 'ArrowDown' ? 1 : -1;
  const column = nodes
    .map((node) => ({ id: node.id, at: positions[node.id] }))
    .filter(
      (each) => each.at && Math.abs(each.at.x - here.x) < NODE_WIDTH / 2 && (each.at.y - here.y) * way > 0,
    )
    .sort((a, b) => Math.abs(a.at!.y - here.y) - Math.abs(b.at!.y - here.y));
  return column[0]?.id;
}

function usePositions(nodes: GraphShape['nodes'], edges: GraphShape['edges']): Positions | undefined {
  const key = graphDigest({ nodes, edges });
  const [, redraw] = useState(0);
  useEffect(() => {
    if (known.has(key)) return;
    const worker = new Worker(new URL('./graph-layout-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', (event: MessageEvent<{ key: string; positions: Positions }>) => {
      known.set(event.data.key, event.data.positions);
      redraw((count) => count + 1);
      worker.terminate();
    });
    worker.postMessage({ key, graph: graphOfDigest(key) });
    return () => worker.terminate();
  }, [key]);
  return known.get(key);
}
