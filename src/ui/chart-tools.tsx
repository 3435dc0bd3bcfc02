import { Menu } from '@mantine/core';
import { useMemo } from 'react';
import type { ChartAxis, ChartSeries } from './chart-model.ts';
import { copyText } from './copy.ts';
import { type DataColumn, toCsv } from './data-column.ts';
import { DataTable } from './data-table.tsx';
import type { NumberStyle } from './number.ts';
import { saveFile } from './save-file.ts';
import { useSurroundings } from './surroundings.tsx';
import { formatAbsolute } from './time.ts';
import { toast } from './toasts.tsx';

interface ChartPoints {
  metric: string;
  axis: ChartAxis;
  x: readonly number[];
  series: readonly ChartSeries[];
}

export interface ChartToolsProps extends ChartPoints {
  asTable: boolean;
  onTable: (on: boolean) => void;
  root: HTMLElement | null;
}

interface PointRow {
  x: number;
  index: number;
}

/** [Table] and [Copy] of a chart. */
export function ChartTools({ metric, axis, x, series, asTable, onTable, root }: ChartToolsProps) {
  return (
    <span className="r-chart-tools">
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
          <Menu.Item
            onClick={() => {
              const csv = toCsv(pointColumns({ axis, series }, 'UTC'), pointRows(x));
              void copyText(csv).then(
                (done) => done && toast(`${x.length} rows of ${metric} copied as CSV.`),
              );
            }}
          >
            CSV
          </Menu.Item>
          {asTable ? null : <Menu.Item onClick={() => savePng(root, metric)}>PNG</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}

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

function savePng(root: HTMLElement | null, metric: string) {
  root?.querySelector('canvas')?.toBlob((blob) => {
    if (blob) saveFile(blob, `${metric.replace(/[^\w]+/g, '-')}.png`);
  });
}
