import { describe, expect, it } from 'vitest';
import { lead } from '../../../lib/lead.ts';
import type { Reproduction } from '../schema/reproductions.ts';
import { reproducedWords } from './reproduced-words.ts';

const one = (part: Partial<Reproduction>): Reproduction => ({
  run_id: 'r',
  run_name: 'again',
  status: 'FINISHED',
  start_time: 1,
  machine: 'a',
  tolerance: 0.01,
  verdict: 'reproduced',
  same_data: true,
  compared: 1,
  within: 0,
  metrics: [],
  ...part,
});
const words = (reproductions: Reproduction[], machines = 0, within: number | null = null) =>
  lead(...reproducedWords({ reproductions, machines, within }, '/x')).text;

describe('what a run page says of reproductions', () => {
  it('says on how many machines it came out the same, and how near', () => {
    expect(words([one({}), one({ machine: 'b' })], 2, 0.0002)).toBe(
      'Reproduced on 2 machines within 0.0002.',
    );
    expect(words([one({}), one({ verdict: 'differs' })], 1, 0)).toBe(
      'Reproduced on 1 machine within 0; 1 came out differently.',
    );
  });

  it('says what was off', () => {
    const off = { key: 'log_loss', recorded: 0.47, reproduced: 0.51, distance: 0.085, agrees: false };
    expect(words([one({ verdict: 'differs', metrics: [off] })])).toBe(
      'Not reproduced: log_loss 0.51 instead of 0.47.',
    );
    const missing = { ...off, reproduced: null, distance: null };
    expect(words([one({ verdict: 'differs', metrics: [missing] })])).toContain(
      'log_loss nothing instead of 0.47',
    );
    expect(words([one({ verdict: 'differs', same_data: false })])).toBe(
      'Not reproduced: it read other data.',
    );
  });

  it('is silent while nobody has tried to an end', () => {
    expect(words([])).toBe('');
    expect(words([one({ verdict: 'running' }), one({ verdict: 'failed' })])).toBe('');
  });
});
