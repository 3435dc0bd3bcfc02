import { type ReactNode, useRef, useState } from 'react';
import { ChartTools } from './chart-tools.tsx';
import { type DataColumn, toCsv } from './data-column.ts';
import { DataTable } from './data-table.tsx';
import type { PlotValue } from './plot-scale.ts';
import { saveSvg } from './save-file.ts';

/** A column of what lies along an axis: numbers under each other, unless some of them are words. */
export function valueColumn<T>(
  id: string,
  head: string,
  of: (row: T) => PlotValue | null,
  rows: readonly T[],
): DataColumn<T> {
  const words = rows.some((row) => typeof of(row) === 'string');
  const column = { id, head, value: of, width: 130 };
  // The plot's own caption says what its points are.
  return words ? column : { ...column, style: 'metric', proof: null };
}

/** A drawn plot under its title, with the table of what it shows in its place when somebody wants that. */
export function PlotFigure<T extends object>({
  title,
  rows,
  columns,
  rowId,
  onOpen,
  children,
}: {
  title: string;
  rows: readonly T[];
  columns: readonly DataColumn<T>[];
  rowId: (row: T) => string;
  onOpen?: (row: T) => void;
  children: ReactNode;
}) {
  const [asTable, setAsTable] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  return (
    <div ref={root}>
      <div className="r-chart-head">
        <h2 className="r-h3">{title}</h2>
        <span className="r-spring" />
        <ChartTools
          name={title}
          csv={() => ({ text: toCsv(columns, rows), rows: rows.length })}
          picture={{ label: 'SVG', save: () => saveSvg(root.current, title) }}
          asTable={asTable}
          onTable={setAsTable}
        />
      </div>
      {asTable ? (
        <DataTable
          label={title}
          rows={rows}
          columns={columns}
          rowId={rowId}
          onOpen={onOpen}
          maxHeight={480}
          dense
          fixedColumns
        />
      ) : (
        children
      )}
    </div>
  );
}
