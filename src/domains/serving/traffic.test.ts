import { describe, expect, it } from 'vitest';
import type { Arm, TrafficRevision } from './schema/control.ts';
import { afterDeploy, rollbackTarget, withoutCandidate } from './traffic.ts';

const champion = (version: number, weight = 1): Arm => ({
  deployment: version,
  model: 'm',
  version,
  arm: 'champion',
  weight,
  shadow: false,
});
const candidate = (version: number, weight: number, shadow = false): Arm => ({
  deployment: version,
  model: 'm',
  version,
  arm: 'candidate',
  weight,
  shadow,
});
const revision = (
  number: number,
  arms: Arm[],
  state: TrafficRevision['state'] = 'superseded',
): TrafficRevision => ({
  revision: number,
  arms,
  state,
  cause: { kind: 'deploy', by: 'test', note: '', of: null },
  error: null,
  created_at: 0,
});
const deploy = (version: number, traffic: number, shadow = false) => ({
  model: 'm',
  version,
  traffic,
  shadow,
});

describe('traffic', () => {
  it('replaces, shares, shadows', () => {
    expect(afterDeploy([], deploy(1, 1), 1)).toEqual([champion(1)]);
    expect(afterDeploy([champion(1)], deploy(2, 0.1), 2)).toEqual([champion(1, 0.9), candidate(2, 0.1)]);
    expect(afterDeploy([champion(1)], deploy(2, 0, true), 2)).toEqual([champion(1), candidate(2, 0, true)]);
    expect(afterDeploy([champion(1)], deploy(2, 0.1, true), 2)).toEqual([
      { ...champion(1, 0.9), shadow: true },
      candidate(2, 0.1, true),
    ]);
    expect(afterDeploy([champion(1, 0.9), candidate(2, 0.1)], deploy(2, 1), 2)).toEqual([champion(2)]);
    expect(withoutCandidate([champion(1, 0.5), candidate(2, 0.5)])).toEqual([champion(1)]);
  });

  it('refuses a comparison without two sides', () => {
    expect(() => afterDeploy([], deploy(1, 0.5), 1)).toThrow('no champion yet');
    expect(() => afterDeploy([champion(1)], deploy(1, 0.5), 1)).toThrow('is the champion already');
    expect(() => afterDeploy([champion(1)], deploy(2, 0), 2)).toThrow('above 0');
  });

  it('rolls back away from a candidate, then to the earlier champion, or where it was told', () => {
    const history = [
      revision(4, [champion(3)], 'live'),
      revision(3, [champion(9)], 'failed'),
      revision(2, [champion(2)]),
      revision(1, [champion(1)]),
    ];
    expect(rollbackTarget(history, [champion(3, 0.9), candidate(4, 0.1)])).toEqual([champion(3)]);
    expect(rollbackTarget(history, [champion(3)])).toEqual([champion(2)]);
    expect(rollbackTarget(history, [champion(3)], 1)).toEqual([champion(1)]);
    expect(() => rollbackTarget(history, [champion(3)], 9)).toThrow('never answered here');
    expect(() => rollbackTarget([revision(1, [champion(1)], 'live')], [champion(1)])).toThrow(
      'nothing to roll back to',
    );
  });
});
