import { Menu } from '@mantine/core';
import { useMemo } from 'react';
import type { ChartAxis, ChartSeries } from './chart-model.ts';
import { RangeButton, type RangeButtonProps } from './chart-range-button.tsx';
import { copyText } from './copy.ts';
import { type DataColumn, toCsv } from './data-column.ts';
import { DataTable } from './data-table.tsx';
import { formatNumber, type NumberStyle } from './number.ts';
import { useSurroundings } from './surroundings.tsx';
import { formatAbsolute } from './time.ts';
import { toast } from './toasts.tsx';

interface ChartPoints {
  metric: string;
  axis: ChartAxis;
  x: readonly number[];
  series: readonly ChartSeries[];
}

export interface ChartToolsProps {
  /** What the chart shows, for the sentence that says what was copied. */
  name: string;
  asTable: boolean;
  onTable: (on: boolean) => void;
  csv: () => { text: string; rows: number };
  /** Saves what is drawn. */
  picture?: { label: 'PNG' | 'SVG'; save: () => void } | undefined;
  range?: RangeButtonProps | undefined;
}

interface PointRow {
  x: number;
  index: number;
}

/** [Range], [Table] and [Copy] of a chart. */
export function ChartTools({ name, asTable, onTable, csv, picture, range }: ChartToolsProps) {
  const copy = () => {
    const { text, rows } = csv();
    void copyText(text).then(
      (done) => done && toast(`${formatNumber(rows, 'count')} rows of ${name} copied as CSV.`),
    );
  };
  return (
    <span className="r-chart-tools">
      {range && !asTable ? <RangeButton {...range} /> : null}
      <button type="button" className="r-link" aria-pressed={asTable} onClick={() => onTable(!asTable)}>
        {asTable ? 'Chart' : 'Table'}
      </button>
      <Menu position="bottom-end">
        <Menu.Target>
          <button type="button" className="r-link">
            Copy
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={copy}>CSV</Menu.Item>
          {asTable || !picture ? null : <Menu.Item onClick={picture.save}>{picture.label}</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}

/** The points of a chart as text; times are in UTC. */
export const pointsCsv = ({ axis, x, series }: Omit<ChartPoints, 'metric'>) => ({
  text: toCsv(pointColumns({ axis, series }, 'UTC'), pointRows(x)),
  rows: x.length,
});

/** The points of a chart as a table. */
export function ChartTable({ metric, axis, x, series, style }: ChartPoints & { style?: NumberStyle }) {
  const { zone } = useSurroundings();
  const rows = useMemo(() => pointRows(x), [x]);
  const columns = useMemo(() => pointColumns({ axis, series }, zone, style), [axis, series, zone, style]);
  return (
    <DataTable
      label={metric}
      rows={rows}
      columns={columns}
      rowId={(row) => String(row.index)}
      maxHeight={280}
      dense
      fixedColumns
    />
  );
}

const pointRows = (x: readonly number[]): PointRow[] => x.map((at, index) => ({ x: at, index }));

function pointColumns(
  { axis, series }: Pick<ChartPoints, 'axis' | 'series'>,
  zone: string,
  style: NumberStyle = 'metric',
): DataColumn<PointRow>[] {
  const first: DataColumn<PointRow> =
    axis.kind === 'time'
      ? {
          id: 'x',
          head: `${axis.clock === 'event' ? 'event time' : 'wall clock'}, ${zone}`,
          value: (row) => new Date(row.x).toISOString(),
          cell: (row) => formatAbsolute(row.x, zone),
          width: 200,
        }
      : { id: 'x', head: axis.name, value: (row) => row.x, style: 'count', proof: null, width: 120 };
  return [
    first,
    ...series.map(
      (each): DataColumn<PointRow> => ({
        id: each.key,
        head: each.label,
        value: (row) => each.values[row.index],
        style,
        // The chart's own caption says what its points are.
        proof: null,
        width: 130,
      }),
    ),
  ];
}
