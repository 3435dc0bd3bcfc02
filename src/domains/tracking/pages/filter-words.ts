/** What somebody is writing at the end of a filter: a kind of key, a key, or a value. `from` is where it begins. */
export type Writing =
  | { what: 'kind'; from: number; term: string }
  | { what: 'key'; kind: 'metrics' | 'params' | 'tags'; from: number; term: string }
  | { what: 'value'; kind: 'params' | 'tags' | 'attributes'; key: string; from: number; term: string }
  | undefined;

const KINDS: Readonly<Record<string, 'metrics' | 'params' | 'tags' | 'attributes'>> = {
  metric: 'metrics',
  metrics: 'metrics',
  param: 'params',
  params: 'params',
  parameter: 'params',
  tag: 'tags',
  tags: 'tags',
  attr: 'attributes',
  attribute: 'attributes',
  attributes: 'attributes',
};

/** Words that a condition begins with. */
export const BEGINNINGS = [
  'metrics.',
  'params.',
  'tags.',
  'status',
  'run_name',
  'user_id',
  'start_time',
  'end_time',
  'run_id',
  'datasets.name',
];

const FIELD = String.raw`(?:([a-z]+)\.)?(?:\x60((?:[^\x60]|\x60\x60)+)\x60|"([^"]+)"|([\w.\-/]+))`;
const VALUE = new RegExp(
  String.raw`(?:^|[\s(])${FIELD}\s*(?:=|!=|LIKE|ILIKE|IN\s*\(|IN\s*\((?:\s*'[^']*'\s*,)+)\s*'([^']*)$`,
  'i',
);
const KEY = /(?:^|[\s(])([a-z]+)\.(`?)([^\s`'"()=<>!]*)$/i;
const KIND = /(?:^|[\s(])([a-z_]*)$/i;

/** What stands at the end of `before`, the text up to the caret. */
export function writingAt(before: string): Writing {
  const value = VALUE.exec(before);
  if (value) {
    const [, prefix, quoted, text, plain, term = ''] = value;
    const kind = prefix === undefined ? 'attributes' : KINDS[prefix.toLowerCase()];
    const key = quoted?.replaceAll('``', '`') ?? text ?? plain ?? '';
    const from = before.length - term.length - 1;
    return kind && kind !== 'metrics' ? { what: 'value', kind, key, from, term } : undefined;
  }
  if (isInText(before)) return undefined;
  const key = KEY.exec(before);
  const kind = key && KINDS[(key[1] ?? '').toLowerCase()];
  if (key && kind && kind !== 'attributes') {
    const [, , tick = '', term = ''] = key;
    return { what: 'key', kind, from: before.length - term.length - tick.length, term };
  }
  const word = KIND.exec(before);
  if (!word || !(before.trim() === word[1] || /(?:^|[\s(])(and|or|not|\()\s*[a-z_]*$/i.test(before)))
    return undefined;
  return { what: 'kind', from: before.length - (word[1]?.length ?? 0), term: word[1] ?? '' };
}

/** A key as the grammar reads it back: plain where that is a word, else in back-ticks. */
export const keyText = (key: string): string =>
  /^\w+$/.test(key) ? key : `\`${key.replaceAll('`', '``')}\``;

/** A value as the grammar reads it back. */
export const valueText = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** Whether the text ends inside a quoted one. */
function isInText(before: string): boolean {
  let quote: string | undefined;
  for (const letter of before) {
    if (quote === undefined && (letter === "'" || letter === '"')) quote = letter;
    else if (letter === quote) quote = undefined;
  }
  return quote !== undefined;
}
