import { useMemo } from 'react';
import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { usePlace } from '../../../ui/place.ts';
import { When } from '../../../ui/when.tsx';
import type { Metric, Run } from '../schema.ts';
import { MetricCards } from './metric-cards.tsx';
import { LookTools, useMetricLook } from './metric-look.tsx';
import { betterOf, loggedProof } from './run-words.ts';

/** Metrics that the machine logged by itself, apart from what the training measured. */
export const isSystem = (key: string): boolean => key.startsWith('system/');

/** Metrics of a run as charts and numbers, or as a table. */
export function RunMetrics({ run, metrics }: { run: Run; metrics: readonly Metric[] }) {
  const { project, search, setSearch } = usePlace();
  const term = (search.m ?? '').toLowerCase();
  const found = useMemo(
    () => metrics.filter((metric) => metric.key.toLowerCase().includes(term)),
    [metrics, term],
  );
  const look = useMetricLook();
  const table = search.as === 'table';
  if (metrics.length === 0)
    return <p className="r-serif">No metric was logged here{run.info.status === 'RUNNING' ? ' yet' : ''}.</p>;
  return (
    <div className="r-stack">
      <div className="r-row" role="group" aria-label="How metrics are shown">
        <input
          type="search"
          className="r-search"
          aria-label="Find a metric"
          placeholder="Find a metric"
          defaultValue={search.m ?? ''}
          data-filter
          onChange={(event) => setSearch({ m: event.currentTarget.value || undefined }, { replace: true })}
        />
        <span className="r-small">
          {found.length === metrics.length
            ? `${formatNumber(metrics.length, 'count')} ${metrics.length === 1 ? 'metric' : 'metrics'}`
            : `${formatNumber(found.length, 'count')} of ${formatNumber(metrics.length, 'count')} metrics`}
        </span>
        <span className="r-segments" role="group" aria-label="Charts or a table">
          <button type="button" aria-pressed={!table} onClick={() => setSearch({ as: undefined })}>
            Charts
          </button>
          <button type="button" aria-pressed={table} onClick={() => setSearch({ as: 'table' })}>
            Table
          </button>
        </span>
        {table ? null : <LookTools look={look} />}
      </div>
      {found.length === 0 ? (
        <p className="r-serif">No metric has {search.m} in its name.</p>
      ) : table ? (
        <MetricTable run={run} metrics={found} />
      ) : (
        <MetricCards project={project} run={run} metrics={found} look={look} />
      )}
    </div>
  );
}

function MetricTable({ run, metrics }: { run: Run; metrics: readonly Metric[] }) {
  const columns = useMemo(
    (): DataColumn<Metric>[] => [
      { id: 'key', head: 'metric', value: (metric) => metric.key, width: 260, grow: true, narrow: 'name' },
      {
        id: 'value',
        head: 'last value',
        value: (metric) => (typeof metric.value === 'number' ? metric.value : null),
        style: 'metric',
        proof: (metric) => loggedProof(run, metric.key),
        width: 120,
        narrow: 'end',
      },
      {
        id: 'better',
        head: 'better is',
        value: (metric) => betterOf(metric.key) ?? null,
        width: 100,
        narrow: 'none',
      },
      { id: 'step', head: 'step', value: (metric) => metric.step, style: 'count', proof: null, width: 90 },
      {
        id: 'at',
        head: 'logged',
        value: (metric) => metric.timestamp,
        cell: (metric) => <When at={metric.timestamp} clock="wall" />,
        width: 140,
      },
    ],
    [run],
  );
  return (
    <DataTable
      label={`Metrics of ${run.info.run_name}`}
      rows={metrics}
      columns={columns}
      rowId={(metric) => metric.key}
      fixedColumns
      dense
      maxHeight={720}
    />
  );
}
