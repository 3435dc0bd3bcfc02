import { useMemo, useState } from 'react';
import { Bars, Reliability } from '../ui/bars.tsx';
import { Distribution } from '../ui/distribution.tsx';
import { Interval } from '../ui/interval.tsx';
import { Panel } from '../ui/panel.tsx';
import { Ring } from '../ui/ring.tsx';
import { TimeChart } from '../ui/time-chart.tsx';
import * as sample from './gallery-samples.ts';

const NOW = Date.now();

/** Rings at rest and in every state. */
export function Rings() {
  const ring = useMemo(() => sample.sampleRing(NOW), []);
  const every = useMemo(() => sample.everyState(), []);
  const [turn, setTurn] = useState<number>();
  return (
    <>
      <Panel title="Ring" note={turn ? `turn ${turn}` : undefined}>
        <Ring ring={ring} turn={turn} onTurn={setTurn} />
      </Panel>
      <Panel title="Ring in every state, and disconnected">
        <div className="r-gallery-pair">
          <div style={{ maxWidth: 460, width: '100%' }}>
            <Ring ring={every} label="Every state" />
          </div>
          <div style={{ maxWidth: 320, width: '100%' }}>
            <Ring ring={{ ...ring, asOf: NOW }} label="Disconnected" />
          </div>
        </div>
      </Panel>
    </>
  );
}

/** Charts, distributions, intervals. */
export function Charts() {
  return (
    <>
      <Panel>
        <TimeChart
          metric="log loss of flight-delay"
          axis={{ kind: 'time', clock: 'event' }}
          x={sample.days}
          sync="gallery"
          series={[
            {
              key: 'current',
              label: 'v2',
              role: 'current',
              values: sample.quality,
              low: sample.qualityLow,
              high: sample.qualityHigh,
              provisionalFrom: sample.days.length - 4,
            },
            { key: 'baseline', label: 'baseline', role: 'reference', values: sample.baseline },
          ]}
          limits={[{ at: 0.44, label: 'limit' }]}
          events={sample.events}
          caption="n 1,204 to 5,112 a day, days without traffic hatched, the last 4 days provisional"
        />
      </Panel>
      <Panel>
        <TimeChart
          metric="log loss in training"
          axis={{ kind: 'count', name: 'step' }}
          x={sample.steps}
          series={[
            { key: 'v2', label: 'v2', role: 'current', values: sample.champion },
            { key: 'v3', label: 'v3', role: 'candidate', values: sample.candidate },
          ]}
          height={180}
        />
      </Panel>
      <div className="r-gallery-pair">
        <Panel title="distance, miles">
          <Distribution
            kind="numeric"
            label="distance"
            bins={sample.bins}
            under={{ reference: 0.01, current: 0.004 }}
            over={{ reference: 0.004, current: 0.02 }}
            nReference={501_204}
            nCurrent={48_210}
          />
        </Panel>
        <Panel title="carrier">
          <Distribution
            kind="category"
            label="carrier"
            categories={sample.carriers}
            nReference={501_204}
            nCurrent={48_210}
          />
        </Panel>
      </div>
      <div className="r-gallery-pair">
        <Panel title="log loss by slice">
          <Bars
            label="log loss by carrier"
            limit={{ at: 0.44, label: 'limit' }}
            rows={[
              { label: 'AK', value: 0.491, interval: [0.462, 0.52], n: 1204 },
              { label: 'WN', value: 0.452, interval: [0.447, 0.457], n: 8110 },
              { label: 'DL', value: 0.431, interval: [0.426, 0.436], n: 7902 },
              {
                label: 'baseline',
                value: 0.466,
                n: 48_210,
                role: 'reference',
              },
            ]}
          />
        </Panel>
        <Panel title="Is the probability honest?">
          <Reliability
            label="v2 on June"
            points={[0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75].map((predicted, i) => ({
              predicted,
              observed: predicted * 0.86 + 0.03,
              interval: [
                predicted * 0.86 + 0.03 - 0.01 * (i + 1),
                predicted * 0.86 + 0.03 + 0.01 * (i + 1),
              ] as const,
              n: Math.round(14_000 * 0.6 ** i),
            }))}
          />
        </Panel>
      </div>
      <Panel title="Which is better, by how much?">
        <Interval
          metric="log loss"
          marks={[
            { at: 0.434, label: 'baseline' },
            { at: 0.424, label: 'with margin' },
          ]}
          rows={[
            {
              label: 'baseline',
              value: 0.434,
              interval: [0.43, 0.438],
              n: 48_210,
              role: 'reference',
              proof: { definition: 'Mean loss of the rows.', query: 'select 1' },
            },
            {
              label: 'v2',
              value: 0.4193,
              interval: [0.4149, 0.4237],
              n: 48_210,
              role: 'current',
              proof: { definition: 'Mean loss of the rows.', query: 'select 1' },
            },
            {
              label: 'v3',
              value: 0.4155,
              interval: [0.409, 0.422],
              n: 12_110,
              role: 'candidate',
              proof: { definition: 'Mean loss of the rows.', query: 'select 1' },
            },
          ]}
        />
      </Panel>
    </>
  );
}
