import { expect, it } from 'vitest';
import { itemsIn, nodeAt, treeOf } from './experiment-tree.ts';

const names = ['b', 'team/x/one', 'team/x', 'team/y', 'a', '/odd//name', 'team/x/two'];
const tree = treeOf(names, (name) => name);

it('makes folders of slashes, folders first, and leaves odd names whole', () => {
  expect(tree.map((node) => [node.label, node.item, node.children.length])).toEqual([
    ['team', undefined, 2],
    ['/odd//name', '/odd//name', 0],
    ['a', 'a', 0],
    ['b', 'b', 0],
  ]);
});

it('an experiment can be a folder too; a folder stands for all that is in it', () => {
  const x = nodeAt(tree, 'team/x');
  expect(x?.item).toBe('team/x');
  expect(x && itemsIn(x)).toEqual(['team/x', 'team/x/one', 'team/x/two']);
  expect(nodeAt(tree, 'nowhere')).toBeUndefined();
});
