import { expect, it } from 'vitest';
import { bestValue, cutMiddle, type DataColumn, decimalRoom, equalColumns, toCsv } from './data-column.ts';

interface Row {
  name: string;
  loss: number | null;
  depth: number;
}
const rows: Row[] = [
  { name: 'a', loss: 0.41931, depth: 8 },
  { name: 'b "two", x', loss: 12.5, depth: 8 },
  { name: 'c', loss: null, depth: 8 },
];
const loss: DataColumn<Row> = {
  id: 'loss',
  head: 'log_loss',
  value: (row) => row.loss,
  style: 'metric',
  proof: 'Logged by the run.',
  better: 'lower',
};
const name: DataColumn<Row> = { id: 'name', head: 'run', value: (row) => row.name };
const depth: DataColumn<Row> = { id: 'depth', head: 'depth', value: (row) => row.depth };

it('keeps room for the longest fraction', () => {
  expect(decimalRoom(loss, rows)).toBe('.4193'.length);
  expect(decimalRoom(depth, rows)).toBe(0);
});

it('finds the best value in the direction of the column', () => {
  expect(bestValue(loss, rows)).toBe(0.41931);
  expect(bestValue({ ...loss, better: 'higher' }, rows)).toBe(12.5);
  expect(bestValue(loss, rows.slice(0, 1))).toBeUndefined();
  expect(bestValue(depth, rows)).toBeUndefined();
});

it('hides only columns equal in all rows', () => {
  expect(equalColumns([loss, depth], rows)).toEqual(['depth']);
  expect(equalColumns([loss, depth], rows.slice(0, 1))).toEqual([]);
});

it('exports full precision with quoting', () => {
  expect(toCsv([name, loss], rows)).toBe('run,log_loss\r\na,0.41931\r\n"b ""two"", x",12.5\r\nc,');
});

it('cuts the middle out and keeps both ends', () => {
  expect(cutMiddle('late_share_3h_of_the_destination', 16)).toHaveLength(16);
  expect(cutMiddle('short', 16)).toBe('short');
  expect(cutMiddle('abcdefghijklmnopqrst', 11)).toBe('abcdef\u2026qrst');
});
