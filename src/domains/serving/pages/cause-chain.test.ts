import { expect, it } from 'vitest';
import type { LineageGraph } from '../../lineage/schema.ts';
import { causeChain } from './cause-chain.ts';

const node = (urn: string, title: string | null) => ({ urn, title, facts: {}, href: null });
const link = (from: string, to: string) => ({ from, relation: 'uses' as const, to, created_at: 0 });

it('walks from the answer to its source and keeps gaps in their place', () => {
  const graph: LineageGraph = {
    root: 'rondo:prediction:p',
    nodes: [
      node('rondo:run:3f2a', null),
      node('rondo:model-version:m/2', 'm v2'),
      node('rondo:prediction:p', 'p'),
      node('rondo:deployment:e/1', 'deployment 1'),
    ],
    links: [
      link('rondo:prediction:p', 'rondo:deployment:e/1'),
      link('rondo:deployment:e/1', 'rondo:model-version:m/2'),
      link('rondo:model-version:m/2', 'rondo:run:3f2a'),
    ],
    gaps: [
      { urn: 'rondo:run:3f2a', missing: 'nothing is recorded under this name' },
      { urn: 'rondo:model-version:m/2', missing: 'trained-on' },
    ],
    truncated: false,
  };
  const { links, gaps } = causeChain(graph);
  expect(links.map((each) => each.name)).toEqual(['p', 'deployment 1', 'm v2', 'trained on', '3f2a']);
  const aside = { ...graph, nodes: [...graph.nodes, node('rondo:endpoint:e', 'e')] };
  expect(causeChain(aside)).toMatchObject({ others: 1, links });
  expect(links.at(-1)?.gap).toBe('nothing is recorded under this name');
  expect(gaps).toBe(2);
});

it('cuts digests so that a fact stays a fact and not a wall', () => {
  const digest = 'a41f9c0b7d2299887766554433221100a41f9c0b7d2299887766554433221100';
  const graph: LineageGraph = {
    root: 'rondo:blob:b',
    nodes: [{ urn: 'rondo:blob:b', title: 'b', facts: { digest, rows: 12 }, href: null }],
    links: [],
    gaps: [],
    truncated: false,
  };
  expect(causeChain(graph).links[0]?.fact).toBe('digest a41f9c0b7d22, rows 12');
});
