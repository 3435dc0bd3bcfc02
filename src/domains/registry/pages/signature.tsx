import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useDownload, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Id } from '../../../ui/id.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { Num } from '../../../ui/num.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { contentsContract } from '../contract/contents.ts';
import { versionsContract } from '../contract/versions.ts';
import type { VersionContents } from '../schema/contents.ts';
import { columnText } from './signature-words.ts';

interface Row {
  side: string;
  name: string;
  text: string;
}

const COLUMNS: readonly DataColumn<Row>[] = [
  { id: 'name', head: 'column', value: (row) => row.name, width: 260, grow: true, narrow: 'name' },
  { id: 'side', head: 'side', value: (row) => row.side, width: 100, narrow: 'end' },
  { id: 'type', head: 'type', value: (row) => row.text, width: 260, grow: true },
];

/** What callers send and get, and the files that answer them. */
export function Signature({ project, model, version }: { project: string; model: string; version: number }) {
  const answer = useEndpoint(contentsContract.getVersionContents, { params: { project, model, version } });
  const data = answer.data;
  return (
    <>
      <Panel
        title="What it takes and gives"
        state={panelState(answer, {
          rows: 8,
          empty: (of) =>
            of.signature === null ? (
              <p className="r-serif">
                Its MLmodel file states no signature, so requests cannot be checked and no gate lets it pass.
              </p>
            ) : undefined,
        })}
      >
        {data?.signature ? (
          <DataTable
            label="Signature"
            rows={rowsOf(data.signature)}
            columns={COLUMNS}
            rowId={(row) => `${row.side} ${row.name}`}
            fixedColumns
          />
        ) : null}
      </Panel>
      {data ? <Files contents={data} name={model} version={version} /> : null}
    </>
  );
}

const rowsOf = ({ inputs, outputs, params }: NonNullable<VersionContents['signature']>): Row[] => [
  ...inputs.map((column, at) => ({
    side: 'input',
    name: column.name ?? String(at + 1),
    text: columnText(column),
  })),
  ...outputs.map((column, at) => ({
    side: 'output',
    name: column.name ?? String(at + 1),
    text: columnText(column),
  })),
  ...params.map((param) => ({ side: 'param', name: param.name, text: param.type })),
];

function Files({ contents, name, version }: { contents: VersionContents; name: string; version: number }) {
  const { files, flavors, digest } = contents;
  const get = useDownload();
  const download = (path: string) =>
    get(
      versionsContract.getVersionArtifact,
      { query: { name, version: String(version), path } },
      path.split('/').at(-1) ?? path,
    );
  if (digest === null)
    return <p className="r-prose">Its files lie outside Rondo, so they have no digest here.</p>;
  return (
    <Panel title="Files" note={`${files.length}, frozen when it was registered`}>
      <Facts
        rows={[
          ['Loads as', flavors.join(', ')],
          ...files.map(
            (file) =>
              [
                file.path,
                <>
                  <Num
                    kind="counted"
                    value={file.size}
                    style="bytes"
                    proof={{
                      definition: `Size of ${file.path}: ${formatNumber(file.size, 'count')} bytes.`,
                      inputs: [{ label: 'File', digest: file.digest }],
                    }}
                  />{' '}
                  <Id value={file.digest} length={12} />{' '}
                  <button
                    type="button"
                    className="r-link"
                    aria-label={`Download ${file.path}`}
                    onClick={() => void download(file.path)}
                  >
                    Download
                  </button>
                </>,
              ] as const,
          ),
        ]}
      />
    </Panel>
  );
}
