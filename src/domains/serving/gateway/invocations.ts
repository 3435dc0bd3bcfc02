import { AppError, ERRORS, invalid } from '../../../lib/errors.ts';
import type { Value } from '../../../runtimes/signature.ts';
import { checkCells } from './body.ts';
import { csvValue, parseCsv } from './csv.ts';
import type { LiveDeployment } from './deployment.ts';
import type { LiveEndpoint, Rows } from './endpoint.ts';
import { parseJson } from './json.ts';
import type { Answer } from './keys.ts';
import { cellText, valuesText } from './prediction-line.ts';

const FORMS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An MLflow scoring request (JSON in one of its four forms, or CSV), checked against its endpoint. */
export function parseInvocation(
  endpoint: LiveEndpoint,
  body: Buffer,
  csv: boolean,
): { rows: Rows; keys: string[] | undefined } {
  if (csv) return { rows: fromCsv(endpoint, body), keys: undefined };
  const request = parseJson(body);
  const forms = isObject(request) ? FORMS.filter((form) => Object.hasOwn(request, form)) : [];
  const [form] = forms;
  if (!isObject(request) || form === undefined || forms.length > 1) {
    throw invalid(
      `The body needs exactly one of ${FORMS.join(', ')}.`,
      'For example {"dataframe_records":[{"column":1}]}.',
    );
  }
  const rows = READERS[form](endpoint, request[form]);
  return { rows, keys: keysOf(request.params, rows.n) };
}

function keysOf(params: unknown, n: number): string[] | undefined {
  const keys = isObject(params) ? params.idempotency_keys : undefined;
  if (keys === undefined) return undefined;
  const isKey = (key: unknown) => typeof key === 'string' && key !== '' && key.length <= 256;
  if (!Array.isArray(keys) || keys.length !== n || !keys.every(isKey))
    throw invalid('"params.idempotency_keys" needs one text per row.');
  return keys as string[];
}

const READERS: Record<(typeof FORMS)[number], (endpoint: LiveEndpoint, value: unknown) => Rows> = {
  dataframe_split(endpoint, value) {
    if (!isObject(value) || !Array.isArray(value.data))
      throw invalid('"dataframe_split" needs "data", a list of rows.');
    const names = value.columns ?? endpoint.columns.map(({ name }) => name);
    if (!Array.isArray(names)) throw invalid('"dataframe_split.columns" is not a list of names.');
    return fromTable(endpoint, names, value.data);
  },
  dataframe_records: (endpoint, value) => fromRecords(endpoint, value, 'dataframe_records'),
  instances(endpoint, value) {
    if (Array.isArray(value) && !isObject(value[0])) return fromLists(endpoint, value, 'instances');
    return fromRecords(endpoint, value, 'instances');
  },
  inputs(endpoint, value) {
    if (isObject(value)) return fromColumns(endpoint, value);
    if (Array.isArray(value) && isObject(value[0])) return fromRecords(endpoint, value, 'inputs');
    return fromLists(endpoint, value, 'inputs');
  },
};

/** Rows as lists; a column that is not named counts as missing. */
function fromTable(
  endpoint: LiveEndpoint,
  names: readonly unknown[],
  data: readonly unknown[],
  convert?: (column: number, value: unknown) => unknown,
): Rows {
  const { columns, places } = endpoint;
  const width = columns.length;
  checkCells(data.length, width);
  const from = columns.map(() => -1);
  names.forEach((name, i) => {
    const place = typeof name === 'string' ? places.get(name) : undefined;
    if (place === undefined) throw unknownColumn(endpoint, String(name));
    if (from[place] !== -1) throw invalid(`The request names column "${String(name)}" twice.`);
    from[place] = i;
  });
  requireAll(endpoint, (j) => from[j] !== -1);
  const cells: Value[] = [];
  data.forEach((row, i) => {
    if (!Array.isArray(row) || row.length !== names.length)
      throw invalid(`Row ${i} does not have ${names.length} values.`);
    for (let j = 0; j < width; j++) {
      const value: unknown = from[j] === -1 ? undefined : row[from[j] as number];
      cells.push(endpoint.cell(j, convert && value !== undefined ? convert(j, value) : value, i));
    }
  });
  return { n: data.length, cells };
}

function fromRecords(endpoint: LiveEndpoint, value: unknown, form: string): Rows {
  if (!Array.isArray(value)) throw invalid(`"${form}" is not a list of rows.`);
  const { columns, places } = endpoint;
  const width = columns.length;
  checkCells(value.length, width);
  const cells: Value[] = [];
  value.forEach((record: unknown, i) => {
    if (!isObject(record)) throw invalid(`Row ${i} of "${form}" is not an object.`);
    let used = 0;
    for (let j = 0; j < width; j++) {
      const { name } = columns[j] as { name: string };
      const has = Object.hasOwn(record, name);
      if (has) used++;
      cells.push(endpoint.cell(j, has ? record[name] : undefined, i));
    }
    const names = Object.keys(record);
    if (names.length > used) throw unknownColumn(endpoint, names.find((name) => !places.has(name)) ?? '');
  });
  return { n: value.length, cells };
}

/** Rows as lists in the order of the columns; with one column also bare values. */
function fromLists(endpoint: LiveEndpoint, value: unknown, form: string): Rows {
  if (!Array.isArray(value)) throw invalid(`"${form}" is not a list of rows.`);
  const names = endpoint.columns.map(({ name }) => name);
  const rows =
    names.length === 1 ? value.map((item: unknown) => (Array.isArray(item) ? item : [item])) : value;
  return fromTable(endpoint, names, rows);
}

function fromColumns(endpoint: LiveEndpoint, value: Record<string, unknown>): Rows {
  const names = Object.keys(value);
  const lists = names.map((name) =>
    Array.isArray(value[name]) ? (value[name] as unknown[]) : [value[name]],
  );
  const n = lists[0]?.length ?? 0;
  const odd = lists.findIndex((list) => list.length !== n);
  if (odd >= 0)
    throw invalid(`Column "${names[odd]}" has ${lists[odd]?.length} values, "${names[0]}" has ${n}.`);
  checkCells(n, Math.max(names.length, endpoint.columns.length));
  const unwrap = (item: unknown): unknown => (Array.isArray(item) && item.length === 1 ? item[0] : item);
  return fromTable(
    endpoint,
    names,
    Array.from({ length: n }, (_, i) => lists.map((list) => unwrap(list[i]))),
  );
}

function fromCsv(endpoint: LiveEndpoint, body: Buffer): Rows {
  const { columns, rows } = parseCsv(body);
  return fromTable(endpoint, columns, rows, (j, value) => {
    const column = endpoint.columns[j] as { type: Parameters<typeof csvValue>[0] };
    return csvValue(column.type, value as string);
  });
}

function requireAll(endpoint: LiveEndpoint, has: (column: number) => boolean): void {
  endpoint.columns.forEach((column, j) => {
    if (column.required !== false && !has(j)) endpoint.cell(j, undefined, 0);
  });
}

function unknownColumn(endpoint: LiveEndpoint, name: string): AppError {
  const takes = endpoint.columns
    .map((column) => column.name)
    .join(', ')
    .slice(0, 400);
  return new AppError(
    ERRORS.UNPROCESSABLE,
    `There is no column "${name.slice(0, 60)}"; the request takes ${takes}.`,
    { details: { column: name.slice(0, 256) } },
  );
}

/** `{"predictions":[…],"prediction_ids":[…]}`: a value per row, or a record per row when the model has several outputs. */
export function invocationAnswer(endpoint: LiveEndpoint, answers: readonly Answer[]): string {
  const { outputs } = (endpoint.deployments[0] as LiveDeployment).model;
  const names = outputs.map(({ name }) => JSON.stringify(name));
  const single = outputs.length === 1;
  const predictions = answers.map(({ output }) => {
    if (single) return textOf(output[0] as Value | Value[]);
    return `{${names.map((name, i) => `${name}:${textOf(output[i] as Value | Value[])}`).join(',')}}`;
  });
  const ids = answers.map(({ id }) => `"${id}"`);
  return `{"predictions":[${predictions.join(',')}],"prediction_ids":[${ids.join(',')}]}`;
}

const textOf = (value: Value | Value[]): string =>
  Array.isArray(value) ? valuesText(value) : cellText(value);
