/** An experiment or a folder of them: slashes in names make folders. */
export interface TreeNode<T> {
  /** The last part of the name. */
  label: string;
  /** The whole name, or the path of the folder. */
  path: string;
  /** Undefined for a folder that is no experiment itself. */
  item: T | undefined;
  children: TreeNode<T>[];
}

/** Named things as a tree, each level in the order of names, folders first. */
export function treeOf<T>(items: readonly T[], nameOf: (item: T) => string): TreeNode<T>[] {
  const root: TreeNode<T> = { label: '', path: '', item: undefined, children: [] };
  const folders = new Map<string, TreeNode<T>>([['', root]]);
  const folder = (path: string): TreeNode<T> => {
    const known = folders.get(path);
    if (known) return known;
    const cut = path.lastIndexOf('/');
    const node: TreeNode<T> = { label: path.slice(cut + 1), path, item: undefined, children: [] };
    folder(cut < 0 ? '' : path.slice(0, cut)).children.push(node);
    folders.set(path, node);
    return node;
  };
  for (const item of items) {
    const name = nameOf(item);
    // A name that begins or ends with a slash, or has two in a row, would be a folder without a name.
    const plain = name === '' || name.startsWith('/') || name.endsWith('/') || name.includes('//');
    if (plain) root.children.push({ label: name, path: name, item, children: [] });
    else folder(name).item = item;
  }
  sortTree(root);
  return root.children;
}

function sortTree<T>(node: TreeNode<T>): void {
  node.children.sort(
    (a, b) =>
      Number(b.children.length > 0) - Number(a.children.length > 0) || a.label.localeCompare(b.label, 'en'),
  );
  for (const child of node.children) sortTree(child);
}

/** Every item in a node and below it. */
export const itemsIn = <T>(node: TreeNode<T>): T[] => [
  ...(node.item === undefined ? [] : [node.item]),
  ...node.children.flatMap(itemsIn),
];

/** The node with a path. */
export function nodeAt<T>(nodes: readonly TreeNode<T>[], path: string): TreeNode<T> | undefined {
  for (const node of nodes) {
    if (node.path === path) return node;
    if (path.startsWith(`${node.path}/`)) return nodeAt(node.children, path);
  }
  return undefined;
}
