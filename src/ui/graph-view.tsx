import { useElementSize } from '@mantine/hooks';
import { lazy, Suspense, useState } from 'react';
import { causeFirst } from './graph-order.ts';
import { LoadingBars } from './loading-bars.tsx';
import { Status } from './status.tsx';
import type { StatusWord } from './status-words.ts';

export interface GraphNode {
  id: string;
  name: string;
  /** One fact under the name: "48 s", "v3, 501,204 rows". */
  fact?: string;
  word?: StatusWord;
  href?: string;
  /** Drawn faintly: a filter leaves it out, and its place stays. */
  faint?: boolean;
}

export interface GraphEdge {
  from: string;
  to: string;
  label?: string;
}

export interface GraphViewProps {
  /** Says what the graph shows. */
  label: string;
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  height?: number;
  selected?: string;
  onSelect?: (id: string) => void;
}

const Canvas = lazy(async () => {
  const { GraphCanvas } = await import('./graph-canvas.tsx');
  return { default: GraphCanvas };
});

/** A left-to-right graph with a list twin; on a phone the list comes first. The drawing is loaded when it is needed. */
export function GraphView(props: GraphViewProps) {
  const { ref, width } = useElementSize();
  const [chosen, setChosen] = useState<'graph' | 'list'>();
  const mode = chosen ?? (width > 0 && width < 560 ? 'list' : 'graph');
  return (
    <figure className="r-graph" ref={ref} aria-label={props.label}>
      <div className="r-graph-head">
        <span className="r-segments" role="group" aria-label="Show as">
          {(['graph', 'list'] as const).map((each) => (
            <button key={each} type="button" aria-pressed={mode === each} onClick={() => setChosen(each)}>
              {each === 'graph' ? 'Graph' : 'List'}
            </button>
          ))}
        </span>
        <span className="r-small">
          {props.nodes.length} nodes, {props.edges.length} links
        </span>
      </div>
      {mode === 'list' ? (
        <GraphList {...props} />
      ) : (
        <div style={{ height: props.height ?? 280 }}>
          <Suspense fallback={<LoadingBars rows={4} height={44} />}>
            {width > 0 ? <Canvas {...props} /> : null}
          </Suspense>
        </div>
      )}
    </figure>
  );
}

function GraphList({ nodes, edges, selected, onSelect }: GraphViewProps) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return (
    <ol className="r-graph-list">
      {causeFirst(nodes, edges).map((id) => {
        const node = byId.get(id);
        const after = edges
          .filter((edge) => edge.to === id)
          .map((edge) => byId.get(edge.from)?.name ?? edge.from);
        return node ? (
          <li key={id} data-selected={id === selected || undefined} data-faint={node.faint || undefined}>
            {node.href ? (
              <a className="r-quiet" href={node.href}>
                {node.name}
              </a>
            ) : (
              <button type="button" className="r-plain" onClick={() => onSelect?.(id)}>
                {node.name}
              </button>
            )}
            {node.word ? <Status word={node.word} still /> : null}
            <span className="r-small">
              {[node.fact, after.length ? `after ${after.join(', ')}` : undefined].filter(Boolean).join(', ')}
            </span>
          </li>
        ) : null;
      })}
    </ol>
  );
}
