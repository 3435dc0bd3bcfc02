import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STEP_STATES } from './schema/runs.ts';
import {
  ATTEMPT_TRANSITIONS,
  hasOutputs,
  isFinal,
  RUN_TRANSITIONS,
  runOutcome,
  sourcesOf,
  STEP_TRANSITIONS,
} from './states.ts';

describe('states', () => {
  it('leads every state to a final one and never out of one', () => {
    for (const state of STEP_STATES) {
      const seen = new Set([state]);
      for (const one of seen) for (const next of STEP_TRANSITIONS[one]) seen.add(next);
      expect([...seen].some(isFinal), state).toBe(true);
      if (hasOutputs(state)) expect(isFinal(state)).toBe(true);
    }
    expect(sourcesOf('done')).toEqual(['running']);
    expect(sourcesOf('reused')).toEqual(['waiting']);
  });

  it('knows only ends beyond a running run or attempt', () => {
    for (const table of [RUN_TRANSITIONS, ATTEMPT_TRANSITIONS]) {
      const { running, ...ends } = table;
      expect([...running].toSorted()).toEqual(Object.keys(ends).toSorted());
      expect(Object.values(ends).flat()).toEqual([]);
    }
  });

  it('ends a run exactly when all its steps have ended', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...STEP_STATES), { minLength: 1, maxLength: 12 }), (states) => {
        const outcome = runOutcome(states);
        expect(outcome === undefined).toBe(!states.every(isFinal));
        if (outcome === 'done')
          expect(states.every((one) => hasOutputs(one) || one === 'skipped')).toBe(true);
        if (outcome !== undefined && states.includes('failed')) expect(outcome).toBe('failed');
      }),
    );
  });
});
