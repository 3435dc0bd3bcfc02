import type { Binned } from './bins.ts';
import { bestSplit, type Split, type Totals } from './split.ts';

/** One tree in flat arrays; node 0 is the root. A node whose `feature` is -1 is a leaf. */
export interface Tree {
  feature: Int32Array;
  /** A value goes left when it is <= threshold. */
  threshold: Float32Array;
  left: Int32Array;
  right: Int32Array;
  /** 1 when NaN goes left. */
  missingLeft: Uint8Array;
  /** What a leaf adds to the raw score. */
  value: Float32Array;
  /** Training loss that an inner node's split saved. */
  gain: Float32Array;
}

export interface GrowOptions {
  maxLeaves: number;
  maxDepth: number;
  /** Least rows in a leaf. */
  minLeaf: number;
  /** L2 penalty on leaf values. */
  lambda: number;
  learningRate: number;
}

/** First and second derivative of the loss by the raw score, per row, and the raw scores that a grown tree moves. */
export interface Scores {
  gradient: Float32Array;
  hessian: Float32Array;
  raw: Float64Array;
}

/** Where a row goes: the leaf's value. `at` is the row's place in every column. */
export function walk(tree: Tree, columns: readonly Float32Array[], at: number): number {
  const { feature, threshold, left, right, missingLeft } = tree;
  let node = 0;
  while (feature[node]! >= 0) {
    const value = columns[feature[node]!]![at]!;
    const goesLeft = Number.isNaN(value) ? missingLeft[node] === 1 : value <= threshold[node]!;
    node = goesLeft ? left[node]! : right[node]!;
  }
  return tree.value[node]!;
}

export interface Grower {
  /** The caller fills order[0, count) with ascending row numbers; growing reorders them. */
  order: Int32Array;
  /** Grows a tree leaf by leaf, the most gain first, and adds it to the raw scores of these rows; undefined when no split gains. */
  grow(count: number): Tree | undefined;
}

/** Buffers are made once and reused by every tree. */
export function createGrower(binned: Binned, scores: Scores, options: GrowOptions): Grower {
  const { start, edges } = binned;
  const rows = createRowOrder(binned, scores);

  function openLeaf(node: number, from: number, to: number, sums: Float64Array, depth: number): Leaf {
    const totals = totalOf(sums, start, to - from);
    const open = depth < options.maxDepth && totals.n >= 2 * options.minLeaf;
    const split = open ? bestSplit(sums, start, totals, options) : undefined;
    return { node, from, to, sums, depth, totals, split };
  }

  /** Sums the smaller side from its rows; the larger one is what is left of the parent. */
  function divide({ from, to, sums, depth }: Leaf, split: Split, left: number): [Leaf, Leaf] {
    const middle = rows.partition(from, to, split);
    const leftIsSmall = middle - from <= to - middle;
    const small = leftIsSmall ? rows.sum(from, middle) : rows.sum(middle, to);
    for (let at = 0; at < sums.length; at++) sums[at]! -= small[at]!;
    return [
      openLeaf(left, from, middle, leftIsSmall ? small : sums, depth + 1),
      openLeaf(left + 1, middle, to, leftIsSmall ? sums : small, depth + 1),
    ];
  }

  function grow(count: number): Tree | undefined {
    const leaves = [openLeaf(0, 0, count, rows.sum(0, count), 0)];
    const nodes: Node[] = [newLeaf()];
    while (leaves.length < options.maxLeaves) {
      const at = mostGain(leaves);
      const split = leaves[at]!.split;
      if (!split) break;
      const left = nodes.push(newLeaf(), newLeaf()) - 2;
      const threshold = edges[split.feature]![split.bin] ?? Infinity;
      Object.assign(nodes[leaves[at]!.node]!, { ...split, threshold, left });
      const [a, b] = divide(leaves[at]!, split, left);
      leaves[at] = a;
      leaves.push(b);
    }
    for (const { node, from, to, sums, totals } of leaves) {
      const value = Math.fround((-options.learningRate * totals.g) / (totals.h + options.lambda));
      nodes[node]!.value = value;
      if (nodes.length > 1) rows.move(from, to, value);
      rows.release(sums);
    }
    return nodes.length > 1 ? flatten(nodes) : undefined;
  }

  return { order: rows.order, grow };
}

/** The training rows in an order in which every open leaf is one range. */
function createRowOrder({ rows, features, cells, start }: Binned, { gradient, hessian, raw }: Scores) {
  const order = new Int32Array(rows);
  const aside = new Int32Array(rows);
  const spare: Float64Array[] = [];

  /** Gradient, hessian and count of every bin over a range. */
  function sum(from: number, to: number): Float64Array {
    const sums = spare.pop()?.fill(0) ?? new Float64Array(start[features]! * 3);
    for (let k = from; k < to; k++) {
      const row = order[k]!;
      const g = gradient[row]!;
      const h = hessian[row]!;
      const end = (row + 1) * features;
      for (let cell = row * features; cell < end; cell++) {
        const at = cells[cell]! * 3;
        sums[at]! += g;
        sums[at + 1]! += h;
        sums[at + 2]! += 1;
      }
    }
    return sums;
  }

  /** Stable, so that rows stay ascending and memory is read forwards. Returns where the right side begins. */
  function partition(from: number, to: number, { feature, bin, missingLeft }: Split): number {
    const last = start[feature]! + bin;
    const missing = start[feature + 1]! - 1;
    let left = from;
    let right = 0;
    for (let k = from; k < to; k++) {
      const row = order[k]!;
      const cell = cells[row * features + feature]!;
      if (cell === missing ? missingLeft : cell <= last) order[left++] = row;
      else aside[right++] = row;
    }
    order.set(aside.subarray(0, right), left);
    return left;
  }

  function move(from: number, to: number, value: number): void {
    for (let k = from; k < to; k++) raw[order[k]!]! += value;
  }

  return { order, sum, partition, move, release: (sums: Float64Array) => spare.push(sums) };
}

interface Leaf {
  node: number;
  from: number;
  to: number;
  sums: Float64Array;
  depth: number;
  totals: Totals;
  split: Split | undefined;
}

interface Node {
  feature: number;
  threshold: number;
  left: number;
  missingLeft: boolean;
  value: number;
  gain: number;
}

function newLeaf(): Node {
  return { feature: -1, threshold: 0, left: 0, missingLeft: false, value: 0, gain: 0 };
}

function totalOf(sums: Float64Array, start: Int32Array, n: number): Totals {
  let g = 0;
  let h = 0;
  for (let at = 0; at < start[1]! * 3; at += 3) {
    g += sums[at]!;
    h += sums[at + 1]!;
  }
  return { g, h, n };
}

function mostGain(leaves: readonly Leaf[]): number {
  let best = 0;
  for (let i = 1; i < leaves.length; i++) {
    if ((leaves[i]!.split?.gain ?? -1) > (leaves[best]!.split?.gain ?? -1)) best = i;
  }
  return best;
}

function flatten(nodes: readonly Node[]): Tree {
  return {
    feature: Int32Array.from(nodes, (node) => node.feature),
    threshold: Float32Array.from(nodes, (node) => node.threshold),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => (node.feature < 0 ? 0 : node.left + 1)),
    missingLeft: Uint8Array.from(nodes, (node) => Number(node.missingLeft)),
    value: Float32Array.from(nodes, (node) => (node.feature < 0 ? node.value : 0)),
    gain: Float32Array.from(nodes, (node) => node.gain),
  };
}
