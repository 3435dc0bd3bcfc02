import type { VersionContents } from '../schema/contents.ts';

type Signature = NonNullable<VersionContents['signature']>;
type Column = Signature['inputs'][number];

/** "double, required", "tensor float32 [-1, 12]". */
export const columnText = (column: Column): string =>
  [
    column.tensor ? `tensor ${column.tensor.dtype} [${column.tensor.shape.join(', ')}]` : column.type,
    column.required ? 'required' : 'optional',
  ].join(', ');

export interface SignatureChange {
  key: string;
  before?: string;
  after?: string;
  changed: boolean;
  /** Callers of the version before could fail: the gate refuses it. */
  breaking: boolean;
  note?: string;
}

/** What changed for callers between two signatures, what breaks them first. */
export function signatureChanges(before: Signature | null, after: Signature | null): SignatureChange[] {
  const rows = [
    ...sideChanges('input', before?.inputs ?? [], after?.inputs ?? [], inputNote),
    ...sideChanges('output', before?.outputs ?? [], after?.outputs ?? [], outputNote),
  ];
  const weight = (row: SignatureChange) => (row.breaking ? 0 : row.changed ? 1 : 2);
  return rows.sort((a, b) => weight(a) - weight(b));
}

type Judge = (was: Column | undefined, is: Column | undefined) => { breaking: boolean; note?: string };

function sideChanges(
  side: string,
  before: readonly Column[],
  after: readonly Column[],
  judge: Judge,
): SignatureChange[] {
  const nameOf = (column: Column, index: number) => column.name ?? String(index + 1);
  const was = new Map(before.map((column, index) => [nameOf(column, index), column]));
  const is = new Map(after.map((column, index) => [nameOf(column, index), column]));
  return [...new Set([...was.keys(), ...is.keys()])].map((name) => {
    const [one, other] = [was.get(name), is.get(name)];
    const texts = {
      ...(one ? { before: columnText(one) } : {}),
      ...(other ? { after: columnText(other) } : {}),
    };
    return {
      key: `${side} ${name}`,
      ...texts,
      changed: texts.before !== texts.after,
      ...judge(one, other),
    };
  });
}

const inputNote: Judge = (was, is) => {
  if (!was && is?.required) return { breaking: true, note: 'new and required: callers do not send it' };
  if (!was) return { breaking: false, note: 'new, may be left out' };
  if (!is) return { breaking: false, note: 'gone: what callers send is ignored' };
  if (columnType(was) !== columnType(is)) return { breaking: true, note: 'another type' };
  if (is.required && !was.required) return { breaking: true, note: 'now required' };
  return { breaking: false };
};

const outputNote: Judge = (was, is) => {
  if (!is) return { breaking: true, note: 'gone: callers read it' };
  if (!was) return { breaking: false, note: 'new' };
  return columnType(was) === columnType(is) ? { breaking: false } : { breaking: true, note: 'another type' };
};

const columnType = (column: Column) =>
  column.tensor ? `${column.tensor.dtype} ${column.tensor.shape.join()}` : column.type;
