import type { Ensemble } from './gbdt.ts';

/** How many rows of the overall share are mixed into each hour, so that no hour answers 0 or 1 and an hour without rows has an answer. */
const PRIOR_ROWS = 20;
const HOURS = 24;

/**
 * The charter's baseline: the share of late flights per hour of departure, as an ensemble of one tree, so that it is stored and
 * scored like every model. An hour below 0 counts as 0, one above 23 as 23, a fraction is cut off; NaN gets the share of all rows.
 * @param hours whole numbers 0 to 23
 * @param labels 0 or 1 per row
 */
export function hourBaseline(hours: Float32Array, labels: Uint8Array): Ensemble {
  const rows = new Float64Array(HOURS);
  const late = new Float64Array(HOURS);
  hours.forEach((hour, i) => {
    if (!(hour in rows))
      throw new Error(`Row ${i} has the hour ${hour}; the baseline learns from whole hours 0 to 23.`);
    rows[hour]! += 1;
    late[hour]! += labels[i]!;
  });
  const overall = (sum(late) + 0.5) / (hours.length + 1);
  const shares = late.map((n, hour) => (n + PRIOR_ROWS * overall) / (rows[hour]! + PRIOR_ROWS));
  return { features: ['hour'], base: 0, trees: [hourTree(shares, overall)], link: 'identity' };
}

/** The root parts NaN (right) from numbers (left); below it a balanced search over the hours. */
function hourTree(shares: Float64Array, overall: number) {
  const nodes = [{ feature: 0, threshold: Infinity, left: 1, right: 2, value: 0 }];
  const leaf = (value: number) => ({ feature: -1, threshold: 0, left: 0, right: 0, value });
  nodes.push(leaf(0), leaf(overall));
  const fill = (at: number, first: number, last: number): void => {
    if (first === last) {
      nodes[at] = leaf(shares[first]!);
      return;
    }
    const middle = (first + last) >> 1;
    const left = nodes.push(leaf(0), leaf(0)) - 2;
    nodes[at] = { feature: 0, threshold: justBelow(middle + 1), left, right: left + 1, value: 0 };
    fill(left, first, middle);
    fill(left + 1, middle + 1, last);
  };
  fill(1, 0, HOURS - 1);
  return {
    feature: Int32Array.from(nodes, (node) => node.feature),
    threshold: Float32Array.from(nodes, (node) => node.threshold),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    missingLeft: new Uint8Array(nodes.length),
    value: Float32Array.from(nodes, (node) => node.value),
    gain: new Float32Array(nodes.length),
  };
}

/** The largest float32 below a positive number. */
function justBelow(hour: number): number {
  const bits = new Int32Array(Float32Array.of(hour).buffer);
  bits[0]! -= 1;
  return new Float32Array(bits.buffer)[0]!;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
