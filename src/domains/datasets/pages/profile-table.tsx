import { Columns } from '../../../ui/columns.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Distribution, MiniDistribution } from '../../../ui/distribution.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Num } from '../../../ui/num.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { usePlace } from '../../../ui/place.ts';
import type { ColumnProfile, DatasetVersion, SchemaColumn } from '../schema.ts';
import { sharesOf, versionSource } from './dataset-words.ts';

export interface ProfileTableProps {
  version: DatasetVersion;
  /** The version before, whose shapes are hatched behind. */
  before: DatasetVersion | undefined;
}

/** Every column in numbers, its shape over the shape of the version before. */
export function ProfileTable({ version, before }: ProfileTableProps) {
  const { profile, schema } = version;
  const { search, setSearch } = usePlace();
  const was = new Map(before?.profile.columns.map((column) => [column.name, column]));
  const open = profile.columns.find((column) => column.name === search.column);
  const quantile = (at: 'p5' | 'p50' | 'p95') => (column: ColumnProfile) =>
    column.type === 'timestamp' ? null : (column.quantiles?.[at] ?? null);
  const quantileProof = (share: string) => (column: ColumnProfile) => ({
    n: column.count,
    proof: {
      definition: `The value that ${share} of the rows are at or below.`,
      method: 'Interpolated between neighbouring rows, over every row with a value.',
    },
  });
  const columns: readonly DataColumn<ColumnProfile>[] = [
    { id: 'name', head: 'column', value: (column) => column.name, width: 170, grow: true, narrow: 'name' },
    { id: 'type', head: 'type', value: (column) => column.type, width: 86, narrow: 'end' },
    {
      id: 'nulls',
      head: 'missing',
      value: (column) =>
        column.count + column.nulls === 0 ? null : column.nulls / Math.max(1, profile.rows),
      style: 'share',
      proof: (column) => ({
        n: profile.rows,
        proof: {
          definition: 'Rows without a value over all rows of the version.',
          formula: `${column.nulls} / ${profile.rows}`,
        },
      }),
      width: 84,
    },
    {
      id: 'distinct',
      head: 'distinct',
      value: (column) => column.distinct,
      style: 'count',
      proof: (column) => ({
        n: column.count,
        proof: {
          definition: 'Different values of the column.',
          method: 'HyperLogLog of DuckDB, off by about 2% on large columns.',
        },
      }),
      width: 90,
    },
    {
      id: 'p5',
      head: 'p5',
      value: quantile('p5'),
      style: 'measure',
      proof: quantileProof('5%'),
      width: 84,
      narrow: 'none',
    },
    {
      id: 'p50',
      head: 'median',
      value: quantile('p50'),
      style: 'measure',
      proof: quantileProof('half'),
      width: 84,
    },
    {
      id: 'p95',
      head: 'p95',
      value: quantile('p95'),
      style: 'measure',
      proof: quantileProof('95%'),
      width: 84,
      narrow: 'none',
    },
    {
      id: 'top',
      head: 'most frequent',
      value: (column) =>
        column.top
          .slice(0, 3)
          .map((each) => `${each.value} ${formatNumber(each.count / Math.max(1, profile.rows), 'share')}`)
          .join(', ') || null,
      width: 140,
      grow: true,
      narrow: 'none',
    },
    {
      id: 'shape',
      head: before ? `shape, v${before.version} hatched` : 'shape',
      value: () => null,
      cell: (column) => {
        const shares = sharesOf(column);
        return shares ? (
          <MiniDistribution
            current={shares}
            reference={column.histogram ? (sharesOf(was.get(column.name)) ?? []) : []}
          />
        ) : null;
      },
      width: 150,
      sortable: false,
      narrow: 'none',
    },
  ];
  return (
    <div className="r-stack">
      {open ? (
        <ColumnDetail
          column={open}
          of={version}
          before={was.get(open.name)}
          beforeOf={before}
          rule={schema.find((each) => each.name === open.name)}
        />
      ) : null}
      <DataTable
        label="Columns"
        rows={profile.columns}
        columns={columns}
        rowId={(column) => column.name}
        onOpen={(column) => setSearch({ column: column.name }, { replace: true })}
        source={() => versionSource(version)}
        marked={open?.name}
        maxHeight={900}
      />
    </div>
  );
}

function ColumnDetail({
  column,
  of,
  before,
  beforeOf,
  rule,
}: {
  column: ColumnProfile;
  of: DatasetVersion;
  before: ColumnProfile | undefined;
  beforeOf: DatasetVersion | undefined;
  rule: SchemaColumn | undefined;
}) {
  return (
    <section className="r-panel">
      <h2 className="r-h2">
        {column.name} <span className="r-small">{column.sql_type}</span>
      </h2>
      <Columns>
        <Shape column={column} before={before} />
        <Facts
          rows={[
            ['Values', <Counted of={of} value={column.count} is="Rows with a value." />],
            ['Missing', <Counted of={of} value={column.nulls} is="Rows without a value." />],
            [
              'NaN or infinite',
              column.nan > 0 ? (
                <Counted of={of} value={column.nan} is="Values that are no finite number." />
              ) : undefined,
            ],
            [
              'Least, greatest',
              column.min === null || column.type === 'timestamp' ? undefined : (
                <>
                  <Measured of={of} value={column.min} n={column.count} is="The least value." />,{' '}
                  <Measured of={of} value={column.max} n={column.count} is="The greatest value." />
                </>
              ),
            ],
            [
              'Mean, deviation',
              column.mean === null || column.type === 'timestamp' ? undefined : (
                <>
                  <Measured of={of} value={column.mean} n={column.count} is="The mean of all values." />,{' '}
                  <Measured
                    of={of}
                    value={column.sd}
                    n={column.count}
                    is="The standard deviation of all values."
                  />
                </>
              ),
            ],
            [
              'Before',
              before && before.mean !== null && column.type !== 'timestamp' ? (
                <>
                  mean{' '}
                  <Measured
                    of={beforeOf ?? of}
                    value={before.mean}
                    n={before.count}
                    is="The mean of the version before this one."
                  />
                </>
              ) : undefined,
            ],
            ['As a rule', rule ? ruleText(rule) : undefined],
          ]}
        />
      </Columns>
    </section>
  );
}

interface OfVersion {
  of: DatasetVersion;
  is: string;
}

const Counted = ({ of, value, is }: OfVersion & { value: number }) => (
  <Num kind="counted" value={value} proof={{ ...versionSource(of), definition: is }} />
);
const Measured = ({ of, value, n, is }: OfVersion & { value: number | null; n: number }) => (
  <Num kind="counted" value={value} style="measure" proof={{ ...versionSource(of), definition: is, n }} />
);

function ruleText(rule: SchemaColumn): string {
  const parts = [
    rule.nullable ? `a value in at least ${formatNumber(rule.presence, 'share')} of rows` : 'never missing',
    rule.range
      ? `from ${formatNumber(rule.range.min, 'measure')} to ${formatNumber(rule.range.max, 'measure')}`
      : undefined,
    rule.domain ? `one of ${rule.domain.length} values` : undefined,
  ];
  return parts.filter(Boolean).join(', ');
}

function Shape({ column, before }: { column: ColumnProfile; before: ColumnProfile | undefined }) {
  const bins = column.histogram?.bins;
  const current = sharesOf(column) ?? [];
  const reference = sharesOf(before) ?? [];
  const counts = { nCurrent: column.count, nReference: before?.count };
  if (bins?.kind === 'category')
    return (
      <Distribution
        kind="category"
        label={column.name}
        categories={bins.categories.map((name, slot) => ({
          name,
          current: current[slot] ?? 0,
          reference: reference[slot] ?? 0,
        }))}
        {...counts}
      />
    );
  if (bins?.kind !== 'numeric') return <p className="r-prose">No shape is kept for this type.</p>;
  return (
    <Distribution
      kind="numeric"
      label={column.name}
      bins={bins.edges.slice(0, -1).map((low, slot) => ({
        low,
        high: bins.edges[slot + 1] ?? low,
        current: current[slot + 1] ?? 0,
        reference: reference[slot + 1] ?? 0,
      }))}
      under={{ current: current[0] ?? 0, reference: reference[0] ?? 0 }}
      over={{ current: current.at(-1) ?? 0, reference: reference.at(-1) ?? 0 }}
      height={160}
      {...counts}
    />
  );
}
