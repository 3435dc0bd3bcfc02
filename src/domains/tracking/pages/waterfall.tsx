import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { usePlace } from '../../../ui/place.ts';
import { StatusGlyph } from '../../../ui/status.tsx';
import { STATUS } from '../../../ui/status-words.ts';
import { type SpanRow, spanWord } from './trace-words.ts';

export interface WaterfallProps {
  /** As a tree, in the order they are shown. */
  rows: readonly SpanRow[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
}

/** Deeper spans stand no further in. */
const DEEPEST = 12;

/** The tree of spans, each with a bar for when it ran. Its rows are walked with `j` and `k`, and opened with Enter. */
export function Waterfall({ rows, chosen, onChoose }: WaterfallProps) {
  const { hrefWith } = usePlace();
  const total = rows.reduce((most, row) => Math.max(most, row.start + (row.took ?? 0)), 0) || 1;
  const columns: DataColumn<SpanRow>[] = [
    {
      id: 'name',
      head: 'span',
      value: (row) => row.span.name,
      cell: (row) => (
        <span style={{ paddingLeft: Math.min(row.depth, DEEPEST) * 14 }}>
          <span className="r-status" data-tone={STATUS[spanWord(row.span)].tone}>
            <StatusGlyph shape={STATUS[spanWord(row.span)].shape} still />
          </span>{' '}
          {row.span.name}
          <span className="r-sr">, {spanWord(row.span)}</span>
        </span>
      ),
      width: 240,
      sortable: false,
      narrow: 'name',
    },
    {
      id: 'type',
      head: 'type',
      value: (row) => row.type || null,
      width: 110,
      sortable: false,
      narrow: 'line',
    },
    {
      id: 'took',
      head: 'took',
      value: (row) => (row.took === null ? null : row.took / 1000),
      style: 'seconds',
      proof: 'From the start of the span to its end, by the clock of whoever traced.',
      width: 90,
      sortable: false,
      narrow: 'end',
    },
    {
      id: 'when',
      head: `0 to ${formatNumber(total / 1000, 'seconds')}`,
      value: (row) => row.start,
      style: 'exact',
      proof: null,
      cell: (row) => <Bar row={row} total={total} />,
      width: 300,
      grow: true,
      sortable: false,
      narrow: 'none',
    },
  ];
  return (
    <DataTable
      label="Spans"
      rows={rows}
      columns={columns}
      rowId={(row) => row.id}
      onOpen={(row) => onChoose(row.id)}
      source={(row) => ({ rows: { label: 'the span', href: hrefWith({ span: row.id }) } })}
      {...(chosen === undefined ? {} : { marked: chosen })}
      ordered
      fixedColumns
      dense
      maxHeight={460}
    />
  );
}

function Bar({ row, total }: { row: SpanRow; total: number }) {
  const took = row.took ?? total - row.start;
  return (
    <span className="r-waterfall" aria-hidden>
      <i
        className="r-gantt-bar"
        data-tone={STATUS[spanWord(row.span)].tone}
        data-open={row.took === null || undefined}
        style={{ left: `${(100 * row.start) / total}%`, width: `max(3px, ${(100 * took) / total}%)` }}
      />
    </span>
  );
}
