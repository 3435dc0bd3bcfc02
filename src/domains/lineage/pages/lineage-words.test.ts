import { expect, it } from 'vitest';
import { lead } from '../../../lib/lead.ts';
import type { LineageGraph } from '../schema.ts';
import { graphOf, lineageLead, nameOf, reach, sideOf } from './lineage-words.ts';

const node = (urn: string, title: string | null = urn) => ({ urn, title, facts: {}, href: null });
const graph: LineageGraph = {
  root: 'rondo:model-version:m/2',
  nodes: ['rondo:model-version:m/2', 'rondo:run:r', 'rondo:dataset-version:d/1', 'rondo:deployment:e/1'].map(
    (urn) => node(urn),
  ),
  links: [
    { from: 'rondo:model-version:m/2', relation: 'produced-by', to: 'rondo:run:r', created_at: 0 },
    { from: 'rondo:run:r', relation: 'trained-on', to: 'rondo:dataset-version:d/1', created_at: 0 },
    { from: 'rondo:deployment:e/1', relation: 'uses', to: 'rondo:model-version:m/2', created_at: 0 },
  ],
  gaps: [{ urn: 'rondo:run:r', missing: 'ran-at' }],
  truncated: false,
};

it('tells causes from effects', () => {
  expect([...reach(graph, 'up').values()]).toEqual([0, 1, 2]);
  expect(sideOf(graph, 'rondo:dataset-version:d/1')).toBe('a cause');
  expect(sideOf(graph, 'rondo:deployment:e/1')).toBe('an effect');
  expect(sideOf(graph, graph.root)).toBe('this');
});

it('draws the nearest first, causes at the left', () => {
  const { nodes, edges } = graphOf(graph, 3, (urn) => urn);
  expect(nodes.map((each) => each.id)).not.toContain('rondo:dataset-version:d/1');
  expect(edges).toContainEqual({ from: 'rondo:run:r', to: 'rondo:model-version:m/2' });
});

it('counts both sides and owns up to gaps', () => {
  expect(lead(...lineageLead(graph)).text).toBe(
    'It came from 2 things and reached 1 other. 1 link is missing and named below.',
  );
  expect(nameOf(node('rondo:source:a%20b/c', null))).toBe('a b/c');
});
