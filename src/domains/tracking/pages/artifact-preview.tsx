import { useEffect, useMemo, useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { panelState, useCall, useDownload, useFileText } from '../../../ui/data.tsx';
import { Markdown } from '../../../ui/markdown.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { Panel } from '../../../ui/panel.tsx';
import { artifactsContract } from '../contract/artifacts.ts';
import { framed, MOST_BYTES, previewKind, readCsv, readNotebook } from './preview-kind.ts';

export interface ArtifactFile {
  run: string;
  path: string;
  bytes: number;
}

const MOST_ROWS = 200;

/** A file of a run as what it is, where a page can show that; else its size and the way to download it. */
export function ArtifactPreview({ file }: { file: ArtifactFile }) {
  const download = useDownload();
  const { run, path, bytes } = file;
  const name = path.split('/').at(-1) ?? path;
  return (
    <section aria-label={`Preview of ${name}`}>
      <header className="r-panel-head">
        <h2 className="r-h2 r-break">{name}</h2>
        <span className="r-small">{formatNumber(bytes, 'bytes')}</span>
        <span className="r-panel-actions">
          <Action
            onClick={() =>
              void download(artifactsContract.getRunArtifact, { query: { run_id: run, path } }, name)
            }
          >
            Download file
          </Action>
        </span>
      </header>
      <Content key={path} file={file} />
    </section>
  );
}

function Content({ file }: { file: ArtifactFile }) {
  const kind = previewKind(file.path, file.bytes);
  if (kind === 'image') return <Picture file={file} />;
  if (kind === 'none')
    return (
      <p className="r-serif">
        {file.bytes > MOST_BYTES
          ? `Files over ${formatNumber(MOST_BYTES, 'bytes')} are not shown here.`
          : 'A page cannot show files of this kind.'}
      </p>
    );
  return <TextFile file={file} kind={kind} />;
}

/** Loaded with the rights of this tab, which an address in an `img` would not have. */
function Picture({ file: { run, path } }: { file: ArtifactFile }) {
  const call = useCall();
  const [src, setSrc] = useState<string>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const ended = new AbortController();
    let url: string | undefined;
    call(artifactsContract.getRunArtifact, { query: { run_id: run, path } }, { signal: ended.signal })
      .then((response) => (response as Response).blob())
      .then((blob) => {
        if (ended.signal.aborted) return;
        url = URL.createObjectURL(blob);
        setSrc(url);
      })
      .catch(() => !ended.signal.aborted && setFailed(true));
    return () => {
      ended.abort();
      if (url) URL.revokeObjectURL(url);
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `call` is made anew at each draw and does the same
  }, [run, path]);
  if (failed) return <p className="r-serif">The picture could not be loaded.</p>;
  return src ? <img className="r-picture" src={src} alt={path} /> : <p className="r-small">Loading.</p>;
}

function TextFile({ file, kind }: { file: ArtifactFile; kind: ReturnType<typeof previewKind> }) {
  const answer = useFileText(artifactsContract.getRunArtifact, {
    query: { run_id: file.run, path: file.path },
  });
  const text = answer.data;
  return (
    <Panel state={panelState(answer, { rows: 6 })}>
      {text === undefined ? null : kind === 'table' ? (
        <Cells text={text} comma={file.path.toLowerCase().endsWith('.tsv') ? '\t' : ','} />
      ) : kind === 'markdown' ? (
        <Markdown text={text} />
      ) : kind === 'notebook' ? (
        <Notebook text={text} />
      ) : kind === 'html' ? (
        <>
          <p className="r-small">Scripts of the file do not run here, and it cannot reach anything.</p>
          {/* Without any right of its own, and with no origin: it cannot touch this page. */}
          <iframe className="r-frame" title={file.path} sandbox="" srcDoc={framed(text)} />
        </>
      ) : (
        <pre className="r-code r-file" tabIndex={0}>
          {kind === 'json' ? pretty(text) : text}
        </pre>
      )}
    </Panel>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function Cells({ text, comma }: { text: string; comma: string }) {
  const [head = [], ...rows] = useMemo(() => readCsv(text, comma, MOST_ROWS + 2), [text, comma]);
  return (
    <>
      <div className="r-scroll-x" tabIndex={0} role="region" aria-label="Rows of the file">
        <table className="r-fields">
          <thead>
            <tr>
              {head.map((cell, at) => (
                <th key={at} scope="col">
                  {cell}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map((row, index) => (
              <tr key={index}>
                {head.map((_, at) => (
                  <td key={at}>{row[at]}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > MOST_ROWS ? <p className="r-small">The first {MOST_ROWS} rows.</p> : null}
    </>
  );
}

function Notebook({ text }: { text: string }) {
  const cells = useMemo(() => readNotebook(text), [text]);
  if (!cells) return <p className="r-serif">The file is no notebook that can be read.</p>;
  return (
    <div className="r-stack">
      {cells.map((cell, index) =>
        cell.kind === 'markdown' ? (
          <Markdown key={index} text={cell.text} />
        ) : (
          <div key={index}>
            <pre className="r-code r-file" tabIndex={0}>
              {cell.text}
            </pre>
            {cell.outputs.map((output, at) =>
              output.kind === 'image' ? (
                <img
                  key={at}
                  className="r-picture"
                  src={output.data}
                  alt={`Output ${at + 1} of cell ${index + 1}`}
                />
              ) : (
                <pre key={at} className="r-code r-file" tabIndex={0}>
                  {output.data}
                </pre>
              ),
            )}
          </div>
        ),
      )}
    </div>
  );
}
