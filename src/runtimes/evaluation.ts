import { fork } from 'node:child_process';
import { AppError, type Fault } from '../lib/errors.ts';
import type { Loss, PairReport, QualityReport, SliceReport, Task } from '../lib/statistics/quality.ts';
import type { Signature } from './signature.ts';

/** Where a column of predictions comes from. */
export type Scorer =
  | { kind: 'onnx'; path: string; signature: Signature }
  | { kind: 'constant'; value: number }
  /** CEL over the columns of the row. */
  | { kind: 'expression'; expression: string }
  /** Already in the rows, for example the logged answer. */
  | { kind: 'column'; column: string };

export interface EvaluationOrder {
  /** Parquet file with the label, every input column of every scorer, and the slice columns. */
  rows: string;
  label: string;
  task: Task;
  loss: Loss;
  costs?: { false_positive: number; false_negative: number };
  scorers: Record<string, Scorer>;
  /** The scorer that is evaluated; the others are what it is compared with, on the same rows. */
  subject: string;
  slices: string[];
}

export interface EvaluationAnswer {
  n: number;
  reports: Record<string, QualityReport>;
  /** Gain of the subject over each other scorer. */
  pairs: Record<string, PairReport>;
  slices: SliceReport[];
}

/** Runs one evaluation in a process of its own, so that its memory and its time are not the server's. */
export function runEvaluation(
  entry: string,
  order: EvaluationOrder,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<EvaluationAnswer> {
  const child = fork(entry, [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: ['--max-old-space-size=3000'],
  });
  return new Promise<EvaluationAnswer>((resolve, reject) => {
    const stop = (error: unknown) => {
      child.kill('SIGKILL');
      reject(error);
    };
    const timer = setTimeout(
      () =>
        stop(
          new AppError(
            { code: 'EVALUATION_TIMEOUT', status: 504 },
            'The evaluation took too long and was stopped.',
          ),
        ),
      options.timeoutMs ?? 300_000,
    );
    options.signal?.addEventListener('abort', () => stop(options.signal?.reason), { once: true });
    child.on('message', (message: { answer?: EvaluationAnswer; fault?: Fault }) => {
      if (message.answer) resolve(message.answer);
      else if (message.fault)
        reject(
          new AppError({ code: message.fault.code, status: 422 }, message.fault.message, {
            hint: message.fault.hint,
          }),
        );
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      reject(
        new AppError(
          { code: 'EVALUATION_DIED', status: 503 },
          `The evaluation process ended early (${signal ?? code}).`,
        ),
      );
    });
    child.send(order);
  });
}
