import { readParquet } from 'rondo';
import { hourBaseline } from './baseline.ts';
import { type Ensemble, importance, predict, trainGbdt } from './gbdt.ts';
import { MODEL_OPTIONS } from './settings.ts';

export interface Learned {
  ensemble: Ensemble;
  /** Mean log loss on the rows it learned from. */
  trainLoss: number;
}

/** The baseline of the charter, from a training table. */
export async function learnBaseline(path: string): Promise<Learned> {
  const { columns, labels } = await readTable(path, ['hour']);
  const ensemble = hourBaseline(columns[0] as Float32Array, labels);
  return { ensemble, trainLoss: meanLogLoss(predict(ensemble, columns), labels) };
}

/** Trees on the named columns of a training table. */
export async function learnTrees(
  path: string,
  names: string[],
  progress: (part: number, text?: string) => void,
): Promise<Learned> {
  let trainLoss = Number.NaN;
  const ensemble = trainGbdt(names, await readTable(path, names), {
    ...MODEL_OPTIONS,
    onTree: (done) => {
      trainLoss = done.trainLoss;
      progress(
        done.trees / MODEL_OPTIONS.trees,
        `tree ${done.trees} of ${MODEL_OPTIONS.trees}, log loss ${trainLoss.toFixed(4)}`,
      );
    },
  });
  return { ensemble, trainLoss };
}

/** What a run logs of it. */
export function metricsOf({ ensemble, trainLoss }: Learned): Record<string, number> {
  const shares = importance(ensemble).map(({ feature, share }) => [`importance/${feature}`, share] as const);
  return { train_log_loss: trainLoss, ...Object.fromEntries(shares) };
}

async function readTable(
  path: string,
  names: string[],
): Promise<{ columns: Float32Array[]; labels: Uint8Array }> {
  const { columns } = await readParquet(path, { columns: [...names, 'late'] });
  return {
    columns: names.map((name) => floats(columns[name])),
    labels: Uint8Array.from(columns.late as ArrayLike<number>, Number),
  };
}

function floats(column: ArrayLike<unknown> | undefined): Float32Array {
  const numbers = new Float32Array(column?.length ?? 0);
  for (let i = 0; i < numbers.length; i++) {
    const cell = column?.[i];
    numbers[i] = cell === null || cell === undefined ? Number.NaN : Number(cell);
  }
  return numbers;
}

function meanLogLoss(answers: Float64Array, labels: Uint8Array): number {
  let sum = 0;
  answers.forEach((answer, row) => {
    sum -= Math.log(labels[row] === 1 ? answer : 1 - answer);
  });
  return sum / answers.length;
}
