import { useMemo } from 'react';
import { Interval } from '../../../ui/interval.tsx';
import { usePlace } from '../../../ui/place.ts';
import { TimeChart } from '../../../ui/time-chart.tsx';
import type { Rollout } from '../schema.ts';
import { laneOf, gainProof } from './rollout-words.ts';

/** The gain with its always-valid band, over labelled rows or event time; 0 and the margin are lines across it. */
export function GainChart({ rollout }: { rollout: Rollout }) {
  const { search, setSearch } = usePlace();
  const byRows = search.x !== 'time';
  const stage = stageToDraw(rollout.looks);
  const looks = useMemo(
    () => rollout.looks.filter((look) => (byRows ? look.stage === stage : true)),
    [rollout.looks, byRows, stage],
  );
  const lane = useMemo(() => laneOf(rollout), [rollout]);
  if (looks.length === 1 || rollout.looks.length === 1) return <Strips rollout={rollout} />;
  if (looks.length === 0)
    return (
      <p className="r-prose">
        No look yet. The first comes when event time moves on: it needs answers of both arms and their truth.
      </p>
    );
  return (
    <div>
      <span className="r-segments" role="group" aria-label="Horizontal axis">
        {(['rows', 'time'] as const).map((x) => (
          <button
            key={x}
            type="button"
            aria-pressed={byRows === (x === 'rows')}
            onClick={() => setSearch({ x: x === 'rows' ? undefined : x }, { replace: true })}
          >
            {x === 'rows' ? 'Labelled rows' : 'Event time'}
          </button>
        ))}
      </span>
      <TimeChart
        metric={`gain of v${rollout.candidate} in ${rollout.plan.loss.replaceAll('_', ' ')}`}
        axis={
          byRows ? { kind: 'count', name: `labelled rows of the ${stage}` } : { kind: 'time', clock: 'event' }
        }
        x={looks.map((look) => (byRows ? look.n : look.through))}
        height={260}
        series={[
          {
            key: 'gain',
            label: 'gain',
            role: 'candidate',
            values: looks.map((look) => look.gain),
            low: looks.map((look) => look.low),
            high: looks.map((look) => look.high),
          },
        ]}
        proof={(_, index) => looks[index] && gainProof(rollout, looks[index])}
        limits={[
          { at: 0, label: 'no gain' },
          { at: -rollout.plan.canary.margin, label: 'most it may lose' },
        ]}
        events={byRows ? undefined : lane}
        caption={`Champion minus candidate on the same requests; above 0 is better. The band holds at every look with chance ${formatChance(1 - rollout.plan.alpha)}, so looking early costs nothing`}
      />
    </div>
  );
}

/** The newest stage that has a line to draw, else the one with the most looks. */
function stageToDraw(looks: Rollout['looks']): 'shadow' | 'canary' {
  const count = (stage: 'shadow' | 'canary') => looks.filter((look) => look.stage === stage).length;
  return count('canary') >= 2 || count('canary') > count('shadow') ? 'canary' : 'shadow';
}

/** Too few looks for a line: each as a strip. */
function Strips({ rollout }: { rollout: Rollout }) {
  const rows = rollout.looks.flatMap((look, index) => {
    if (look.gain === null || look.low === null || look.high === null) return [];
    return [
      {
        label: `look ${index + 1}, ${look.stage}`,
        value: look.gain,
        interval: [look.low, look.high] as const,
        n: look.n,
        role: 'candidate' as const,
        proof: gainProof(rollout, look),
      },
    ];
  });
  if (rows.length === 0) return null;
  return (
    <Interval
      metric={`gain of v${rollout.candidate} in ${rollout.plan.loss.replaceAll('_', ' ')}, always valid`}
      rows={rows}
      marks={[
        { at: 0, label: 'no gain' },
        { at: -rollout.plan.canary.margin, label: 'most it may lose' },
      ]}
    />
  );
}

const formatChance = (chance: number): string => `${Math.round(chance * 1000) / 10}%`;
