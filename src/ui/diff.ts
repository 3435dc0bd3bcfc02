export interface DiffLine {
  kind: 'same' | 'gone' | 'new';
  text: string;
  /** Line numbers, from 1, where the line exists. */
  before?: number;
  after?: number;
}

const MOST_CELLS = 4_000_000;

/** Lines of two texts side by side, by longest common subsequence. Texts too large for that are one replaced block. */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  )
    tail++;
  const lines: DiffLine[] = [];
  const same = (i: number, j: number) =>
    lines.push({ kind: 'same', text: a[i]!, before: i + 1, after: j + 1 });
  const gone = (i: number) => lines.push({ kind: 'gone', text: a[i]!, before: i + 1 });
  const fresh = (j: number) => lines.push({ kind: 'new', text: b[j]!, after: j + 1 });
  for (let i = 0; i < head; i++) same(i, i);
  const rows = a.length - head - tail;
  const columns = b.length - head - tail;
  const width = columns + 1;
  const size = rows * columns <= MOST_CELLS ? new Uint32Array((rows + 1) * width) : undefined;
  if (size)
    for (let i = rows - 1; i >= 0; i--)
      for (let j = columns - 1; j >= 0; j--)
        size[i * width + j] =
          a[head + i] === b[head + j]
            ? size[(i + 1) * width + j + 1]! + 1
            : Math.max(size[(i + 1) * width + j]!, size[i * width + j + 1]!);
  let i = 0;
  let j = 0;
  while (size && i < rows && j < columns) {
    if (a[head + i] === b[head + j]) same(head + i++, head + j++);
    else if (size[(i + 1) * width + j]! >= size[i * width + j + 1]!) gone(head + i++);
    else fresh(head + j++);
  }
  while (i < rows) gone(head + i++);
  while (j < columns) fresh(head + j++);
  for (let k = tail; k > 0; k--) same(a.length - k, b.length - k);
  return lines;
}

/** Leaves `context` same lines around each change; longer runs become a number of folded lines. */
export function foldSame(
  lines: readonly DiffLine[],
  context = 3,
): (DiffLine | { kind: 'folded'; count: number })[] {
  const near = lines.map(() => false);
  lines.forEach((line, index) => {
    if (line.kind === 'same') return;
    for (let k = Math.max(0, index - context); k <= Math.min(lines.length - 1, index + context); k++)
      near[k] = true;
  });
  const out: (DiffLine | { kind: 'folded'; count: number })[] = [];
  lines.forEach((line, index) => {
    if (near[index]) return out.push(line);
    const last = out.at(-1);
    if (last?.kind === 'folded') last.count++;
    else out.push({ kind: 'folded', count: 1 });
  });
  return out;
}
