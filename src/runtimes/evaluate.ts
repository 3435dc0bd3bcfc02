// Entry of the evaluation process: reads rows from Parquet, scores each model on them, answers with a report over IPC, and ends.
import { readFile } from 'node:fs/promises';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { AppError, toAppError } from '../lib/errors.ts';
import { compileExpression } from '../lib/expressions/index.ts';
import { pairReport, qualityReport, sliceReports } from '../lib/statistics/quality.ts';
import type { EvaluationAnswer, EvaluationOrder, Scorer } from './evaluation.ts';
import { loadOnnx, type Scores } from './onnx/index.ts';
import { compileColumn, type Value } from './signature.ts';

type Row = Record<string, unknown>;
type Score = (rows: Row[]) => Promise<Float64Array>;

const BATCH = 512;

async function evaluate(order: EvaluationOrder): Promise<EvaluationAnswer> {
  const rows = await readRows(order.rows);
  const labels = Float64Array.from(rows, (row) => Number(row[order.label]));
  const scores: Record<string, Float64Array> = {};
  for (const [name, scorer] of Object.entries(order.scorers))
    scores[name] = await (await compile(scorer, rows))(rows);
  const subject = scores[order.subject];
  if (!subject) throw new Error(`no scorer is called ${order.subject}`);
  const others = Object.fromEntries(Object.entries(scores).filter(([name]) => name !== order.subject));
  return {
    n: rows.length,
    reports: Object.fromEntries(
      Object.entries(scores).map(([name, column]) => [
        name,
        qualityReport(order.task, labels, column, order.costs),
      ]),
    ),
    pairs: Object.fromEntries(
      Object.entries(others).map(([name, column]) => [name, pairReport(order.loss, labels, subject, column)]),
    ),
    slices: order.slices.flatMap((column) =>
      sliceReports({
        loss: order.loss,
        column,
        values: rows.map((row) => row[column]),
        labels,
        scores: subject,
        others,
      }),
    ),
  };
}

async function readRows(path: string): Promise<Row[]> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const rows = (await parquetReadObjects({ file, metadata, compressors })) as Row[];
  for (const row of rows)
    for (const key in row) if (typeof row[key] === 'bigint') row[key] = Number(row[key]);
  return rows;
}

async function compile(scorer: Scorer, rows: Row[]): Promise<Score> {
  switch (scorer.kind) {
    case 'column':
      return async (all) => Float64Array.from(all, (row) => Number(row[scorer.column]));
    case 'constant':
      return async (all) => new Float64Array(all.length).fill(scorer.value);
    case 'expression': {
      const first = rows[0] ?? {};
      const types = Object.fromEntries(
        Object.entries(first).map(([name, value]) => [name, typeOf(name, value, rows)]),
      );
      const compiled = compileExpression(scorer.expression, types);
      return async (all) => Float64Array.from(all, (row) => Number(compiled.run(row) ?? Number.NaN));
    }
    case 'onnx':
      return onnxScore(scorer);
  }
}

function typeOf(
  name: string,
  value: unknown,
  rows: Row[],
): 'int' | 'double' | 'string' | 'bool' | 'timestamp' {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (value instanceof Date) return 'timestamp';
  const whole = rows.slice(0, 1000).every((row) => row[name] === null || Number.isInteger(row[name]));
  return whole ? 'int' : 'double';
}

async function onnxScore(scorer: Extract<Scorer, { kind: 'onnx' }>): Promise<Score> {
  const model = await loadOnnx(await readFile(scorer.path), scorer.signature, { place: 'inline' });
  const columns = scorer.signature.inputs.map((input) => ({
    name: input.name,
    convert: compileColumn(input),
  }));
  return async (rows) => {
    const result = new Float64Array(rows.length);
    for (let start = 0; start < rows.length; start += BATCH) {
      const batch = rows.slice(start, start + BATCH);
      const values = batch.flatMap((row, at) =>
        columns.map(({ name, convert }): Value => {
          const value = convert(row[name]);
          if (value !== undefined) return value;
          throw new AppError(
            { code: 'EVALUATION_ROW', status: 422 },
            `Row ${start + at + 1}, column '${name}': ${JSON.stringify(row[name]) ?? 'nothing'} does not fit the signature of the model.`,
            {
              hint: 'The hold-out needs every input column of the model, with its type.',
            },
          );
        }),
      );
      const scores: Scores = await model.score(
        model.layout === 'packed'
          ? Float32Array.from(values, (value) => (value === null ? Number.NaN : Number(value)))
          : values,
        batch.length,
      );
      for (let row = 0; row < batch.length; row++) result[start + row] = lastNumber(scores.value(row, 0));
    }
    await model.close();
    return result;
  };
}

/** A probability vector counts as the probability of its last class. */
const lastNumber = (value: Value | Value[]): number => Number(Array.isArray(value) ? value.at(-1) : value);

process.on('message', (order: EvaluationOrder) => {
  evaluate(order).then(
    (answer) => process.send?.({ answer }, () => process.exit(0)),
    (error: unknown) => {
      const fault =
        error instanceof AppError
          ? error.toFault()
          : {
              ...toAppError(error).toFault(),
              message: error instanceof Error ? error.message : String(error),
            };
      process.send?.({ fault }, () => process.exit(0));
    },
  );
});
process.on('disconnect', () => process.exit(0));
