import { Num } from '../../../ui/num.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { usePlace } from '../../../ui/place.ts';
import type { Metric } from '../schema.ts';
import type { ComparedRun } from './compared-runs.ts';
import { loggedProof } from './run-words.ts';

/** Values in one card; the table has all of them. */
const MOST = 8;

export const metricIn = (run: ComparedRun, key: string): Metric | undefined =>
  run.run.data.metrics?.find((metric) => metric.key === key);

/** Whether no run has more than one point of it: then there is no curve to draw. */
export const isNumber = (runs: readonly ComparedRun[], key: string): boolean =>
  runs.every((run) => (metricIn(run, key)?.points ?? 1) < 2);

/** Metrics that each run logged once: their values below each other. */
export function CompareNumbers({ runs, keys }: { runs: readonly ComparedRun[]; keys: readonly string[] }) {
  const { hrefWith } = usePlace();
  return (
    <div className="r-compare-numbers" role="region" aria-label="Numbers">
      {keys.map((key) => {
        const having = runs.flatMap((run) => {
          const metric = metricIn(run, key);
          return metric ? [{ run, metric }] : [];
        });
        return (
          <figure key={key} className="r-compare-number">
            <figcaption className="r-chart-head">
              <span className="r-h3">{key}</span>
              <span className="r-small">one point a run</span>
            </figcaption>
            <ul>
              {having.slice(0, MOST).map(({ run, metric }) => (
                <li key={run.id}>
                  <i
                    className="r-swatch"
                    style={{ background: `var(--r-series-${run.colour}, var(--r-ink3))` }}
                  />
                  <span dir="auto" title={run.name}>
                    {run.name}
                  </span>
                  <b>
                    {typeof metric.value === 'number' ? (
                      <Num value={metric.value} style="metric" {...loggedProof(run.run, key)} />
                    ) : (
                      metric.value
                    )}
                  </b>
                </li>
              ))}
            </ul>
            {having.length > MOST ? (
              <p className="r-small">
                <a href={hrefWith({ tab: 'table' })}>
                  {`${formatNumber(having.length - MOST, 'count')} more in the table`}
                </a>
              </p>
            ) : null}
          </figure>
        );
      })}
    </div>
  );
}
