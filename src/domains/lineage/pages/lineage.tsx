import { TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { GraphView } from '../../../ui/graph-view.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { lineageContract } from '../contract.ts';
import type { LineageGraph, LineageNode } from '../schema.ts';
import { graphOf, lineageLead, nameOf, sideOf } from './lineage-words.ts';

const DRAWN = 60;
const WAYS = ['both', 'up', 'down'] as const;
const WAY_WORDS = { both: 'Both ways', up: 'What made this?', down: 'What does it reach?' } as const;

/** What a thing came from and what came of it: paste any URN or prediction id. */
export function Lineage() {
  const { project, search, setSearch, hrefWith } = usePlace();
  const of = search.of ?? '';
  const direction = WAYS.find((way) => way === search.way) ?? 'both';
  const depth = Number(search.depth) || 8;
  const answer = useEndpoint(
    lineageContract.walkLineage,
    of ? { query: { of, direction, depth: Math.min(50, depth), limit: 300 } } : undefined,
  );
  const data = of ? answer.data : undefined;
  return (
    <PageFrame title="Lineage" wide lead={data ? lineageLead(data) : undefined}>
      <Ask key={of} of={of} onAsk={(next) => setSearch({ of: next })} />
      {of ? (
        <Panel
          title={
            data
              ? nameOf(data.nodes.find((node) => node.urn === data.root) ?? { urn: data.root, title: null })
              : of
          }
          note={
            data
              ? `${data.nodes.length} things, ${data.links.length} links${data.truncated ? ', cut at 300' : ''}`
              : undefined
          }
          actions={
            <span className="r-segments" role="group" aria-label="Direction">
              {WAYS.map((way) => (
                <button
                  key={way}
                  type="button"
                  aria-pressed={way === direction}
                  onClick={() => setSearch({ way: way === 'both' ? undefined : way })}
                >
                  {WAY_WORDS[way]}
                </button>
              ))}
            </span>
          }
          state={panelState(answer, { rows: 6 })}
        >
          {data ? <Walk graph={data} hrefOf={(urn) => hrefWith({ of: urn })} /> : null}
        </Panel>
      ) : (
        <p className="r-serif">
          Everything here knows what it was made from: an answer its deployment, a version its run, a run its
          data and its commit. Paste a name such as{' '}
          <code className="r-code">rondo:model-version:{project || 'flights'}/flight-delay/2</code> or the id
          of a prediction.
        </p>
      )}
    </PageFrame>
  );
}

function Ask({ of, onAsk }: { of: string; onAsk: (of: string) => void }) {
  const [text, setText] = useState(of);
  return (
    <form
      className="r-ask"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk(text.trim());
      }}
    >
      <TextInput
        label="A URN or the id of a prediction"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        spellCheck={false}
        data-filter
      />
      <Action submit>Show its lineage</Action>
    </form>
  );
}

function Walk({ graph, hrefOf }: { graph: LineageGraph; hrefOf: (urn: string) => string }) {
  const drawn = useMemo(() => graphOf(graph, DRAWN, hrefOf), [graph, hrefOf]);
  return (
    <div className="r-stack">
      <GraphView
        label="Lineage, causes at the left"
        nodes={drawn.nodes}
        edges={drawn.edges}
        height={420}
        selected={graph.root}
      />
      {graph.nodes.length > DRAWN ? (
        <p className="r-small">
          The {DRAWN} nearest are drawn, all {graph.nodes.length} are in the list.
        </p>
      ) : null}
      {graph.gaps.length > 0 ? (
        <section className="r-panel">
          <h2 className="r-h2">
            Gaps <span className="r-small">{graph.gaps.length}</span>
          </h2>
          <ul className="r-list">
            {graph.gaps.map((gap) => (
              <li key={`${gap.urn} ${gap.missing}`}>
                <code className="r-code">{decodeURIComponent(gap.urn)}</code>:{' '}
                {gap.missing.replaceAll('-', ' ')}
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <Things graph={graph} hrefOf={hrefOf} />
    </div>
  );
}

function Things({ graph, hrefOf }: { graph: LineageGraph; hrefOf: (urn: string) => string }) {
  const columns: readonly DataColumn<LineageNode>[] = [
    { id: 'name', head: 'thing', value: nameOf, width: 240, grow: true, narrow: 'name' },
    {
      id: 'kind',
      head: 'kind',
      value: (node) => node.urn.split(':')[1]?.replaceAll('-', ' ') ?? '',
      width: 130,
      narrow: 'end',
    },
    { id: 'side', head: 'side', value: (node) => sideOf(graph, node.urn), width: 110 },
    {
      id: 'page',
      head: 'page',
      value: (node) => node.href,
      cell: (node) => (node.href ? <a href={node.href}>Open</a> : null),
      width: 80,
      sortable: false,
    },
    {
      id: 'facts',
      head: 'facts',
      value: (node) =>
        Object.entries(node.facts)
          .map(([key, value]) => `${key.replaceAll('_', ' ')} ${String(value)}`)
          .join(', ') || null,
      width: 300,
      grow: true,
      narrow: 'none',
    },
  ];
  return (
    <DataTable
      label="Things of this lineage"
      rows={graph.nodes}
      columns={columns}
      rowId={(node) => node.urn}
      href={(node) => hrefOf(node.urn)}
      marked={graph.root}
    />
  );
}
