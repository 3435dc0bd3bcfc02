import { isUtf8 } from 'node:buffer';
import { invalid } from '../../../lib/errors.ts';
import type { ColumnType } from '../../../runtimes/signature.ts';

/** RFC 4180 with a header line: names, then rows of texts. 400 for ragged rows and open quotes. */
export function parseCsv(body: Buffer): { columns: string[]; rows: string[][] } {
  if (!isUtf8(body)) throw invalid('The body is not UTF-8.');
  const [columns, ...rows] = split(body.toString('utf8').replace(/^\ufeff/, ''));
  if (!columns) throw invalid('The CSV has no header line.');
  const ragged = rows.findIndex((row) => row.length !== columns.length);
  if (ragged >= 0)
    throw invalid(
      `Row ${ragged} of the CSV has ${rows[ragged]?.length} fields, the header has ${columns.length}.`,
    );
  return { columns, rows };
}

function split(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|$)/y;
  while (field.lastIndex < text.length || line.length > 0) {
    const match = field.exec(text);
    if (!match) throw invalid(`Line ${lines.length + 1} of the CSV has a quote out of place.`);
    line.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (match[3] === ',') continue;
    lines.push(line);
    line = [];
    if (match[3] === '') break;
  }
  return lines;
}

/** The JSON value that a CSV field stands for in a column of this type; an unusable text stays text, and the column refuses it. */
export function csvValue(type: ColumnType, text: string): unknown {
  if (type === 'string') return text;
  if (text === '') return null;
  if (type === 'datetime') return /^-?\d+$/.test(text) ? Number(text) : text;
  if (type === 'boolean') return /^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : text;
  if (type === 'integer' || type === 'long') return /^-?\d{1,19}$/.test(text) ? exact(text) : text;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

function exact(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
