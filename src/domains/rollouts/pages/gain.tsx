import { Num } from '../../../ui/num.tsx';
import type { Look, Rollout } from '../schema.ts';
import { gainProof } from './rollout-words.ts';

/** The gain that a look saw, the newest one unless another is given. */
export function Gain({ rollout, look = rollout.looks.at(-1) }: { rollout: Rollout; look?: Look }) {
  if (!look || look.gain === null) return <span className="r-missing">{'\u2013'}</span>;
  return (
    <Num
      kind="estimated"
      value={look.gain}
      n={look.n}
      interval={look.low === null || look.high === null ? { none: 'no interval yet' } : [look.low, look.high]}
      proof={gainProof(rollout, look)}
    />
  );
}
