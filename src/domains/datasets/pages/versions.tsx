import type { DataColumn } from '../../../ui/data-column.ts';
import { DataTable } from '../../../ui/data-table.tsx';
import { Id } from '../../../ui/id.tsx';
import { pageOf } from '../../../ui/place.ts';
import { When } from '../../../ui/when.tsx';
import type { VersionSummary } from '../schema.ts';
import { ChecksCount } from './checks-count.tsx';
import { checksText, rowsProof } from './dataset-words.ts';

const COLUMNS: readonly DataColumn<VersionSummary>[] = [
  { id: 'version', head: 'version', value: (each) => `v${each.version}`, width: 90, narrow: 'name' },
  {
    id: 'checks',
    head: 'checks',
    value: (each) => checksText(each.validation),
    cell: (each) => <ChecksCount version={each} />,
    width: 170,
    narrow: 'end',
  },
  {
    id: 'rows',
    head: 'rows',
    value: (each) => each.rows,
    style: 'count',
    proof: (each) => rowsProof(each),
    width: 110,
  },
  {
    id: 'bytes',
    head: 'size',
    value: (each) => each.bytes,
    style: 'bytes',
    proof:
      'Bytes of the Parquet parts of this version; a part shared with an earlier version is counted in each.',
    width: 100,
  },
  {
    id: 'digest',
    head: 'digest',
    value: (each) => each.digest,
    cell: (each) => <Id value={each.digest} length={12} />,
    width: 130,
    narrow: 'none',
  },
  { id: 'note', head: 'note', value: (each) => each.note || null, width: 240, grow: true, narrow: 'none' },
  { id: 'by', head: 'by', value: (each) => each.created_by, width: 180 },
  {
    id: 'at',
    head: 'imported',
    value: (each) => each.created_at,
    cell: (each) => <When at={each.created_at} clock="wall" />,
    width: 110,
  },
];

/** Every version, newest first; none of them ever changes. */
export function Versions({
  project,
  name,
  versions,
}: {
  project: string;
  name: string;
  versions: readonly VersionSummary[];
}) {
  return (
    <DataTable
      label={`Versions of ${name}`}
      rows={versions}
      columns={COLUMNS}
      rowId={(each) => String(each.version)}
      href={(each) => pageOf(project, 'datasets', name, each.version)}
      fixedColumns
    />
  );
}
