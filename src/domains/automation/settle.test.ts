import { describe, expect, it } from 'vitest';
import { causeOf, endingOf } from './settle.ts';

describe('what an event says of the thing it is about', () => {
  it.each([
    ['pipeline.run.ended', { state: 'done' }, 'done'],
    ['pipeline.run.ended', { state: 'cancelled' }, 'failed'],
    ['pipeline.run.ended', {}, 'done'],
    ['pipeline.run.started', {}, undefined],
    ['step.run.ended', { state: 'running' }, undefined],
    ['promotion.done', { state: 'done' }, 'done'],
    ['promotion.refused', { state: 'refused' }, 'failed'],
    ['promotion.requested', null, undefined],
    ['approval.decided', { state: 'approved' }, 'done'],
    ['approval.decided', { state: 'expired' }, 'failed'],
    ['rollout.looked', { decision: 'keep_going' }, undefined],
    ['rollout.decided', { state: 'decided', verdict: 'inconclusive' }, 'done'],
    ['rollout.decided', { state: 'stopped' }, 'failed'],
  ])('%s %j: %s', (type, data, ending) => {
    expect(endingOf({ type, data })).toBe(ending);
  });

  it.each([
    [{ caused_by: 'rondo:firing:7' }, 7],
    [{ reason: { kind: 'rule', cause: 'rondo:firing:8' } }, 8],
    [{ caused_by: 'rondo:promotion:7' }, undefined],
    [{ caused_by: 'rondo:firing:x' }, undefined],
    [{ caused_by: 7, reason: 'rejected' }, undefined],
    [null, undefined],
  ])('%j was caused by %s', (data, id) => {
    expect(causeOf({ data })).toBe(id);
  });
});
