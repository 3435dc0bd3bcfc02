import { mkdtempSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { runEvaluation } from './evaluation.ts';

const entry = fileURLToPath(new URL('../../dist/evaluate.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rondo-evaluate-'));
const rows = join(folder, 'rows.parquet');
const hours = Array.from({ length: 400 }, (_, i) => i % 4);
const late = hours.map((hour, i) => (hour === 3 ? Number(i % 5 !== 0) : Number(i % 20 === 1)));
writeFileSync(
  rows,
  Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: 'hour', data: hours, type: 'DOUBLE' },
        { name: 'late', data: late, type: 'DOUBLE' },
      ],
    }),
  ),
);
afterAll(() => rmSync(folder, { recursive: true }));

const order = {
  rows,
  label: 'late',
  task: 'binary_classification' as const,
  loss: 'log_loss' as const,
  slices: ['hour'],
};

describe('evaluation process', () => {
  it('scores every model on the same rows and compares them pairwise', async () => {
    const answer = await runEvaluation(entry, {
      ...order,
      scorers: {
        candidate: { kind: 'expression', expression: 'hour == 3 ? 0.8 : 0.05' },
        baseline: { kind: 'constant', value: 0.25 },
      },
      subject: 'candidate',
    });
    expect(answer.n).toBe(400);
    expect(answer.reports.candidate?.metrics.auc?.value).toBeGreaterThan(0.8);
    expect(answer.pairs.baseline?.gain.low).toBeGreaterThan(0.1);
    expect(answer.slices.map((slice) => slice.n)).toEqual([100, 100, 100, 100]);
  });

  it('says which row or file is at fault', async () => {
    const broken = join(folder, 'broken.onnx');
    writeFileSync(broken, 'not a model');
    const scorer = {
      kind: 'onnx' as const,
      path: broken,
      signature: {
        inputs: [{ name: 'hour', type: 'float' as const }],
        outputs: [{ type: 'float' as const }],
      },
    };
    await expect(
      runEvaluation(entry, { ...order, scorers: { candidate: scorer }, subject: 'candidate' }),
    ).rejects.toMatchObject({ status: 422, message: expect.stringContaining('cannot be loaded') as string });
    await expect(
      runEvaluation(entry, {
        ...order,
        scorers: { candidate: { kind: 'expression', expression: 'minute + 1' } },
        subject: 'candidate',
      }),
    ).rejects.toThrow(/minute/);
  });
});
