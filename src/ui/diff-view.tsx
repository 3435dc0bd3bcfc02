import { useMemo, useState, type ReactNode } from 'react';
import { diffLines, foldSame } from './diff.ts';

export type DiffViewProps = {
  /** Names of the two sides: "v2", "v3". */
  before: string;
  after: string;
} & (
  | { kind: 'text'; beforeText: string; afterText: string }
  | {
      kind: 'fields';
      /** Both missing is an error of the caller; one missing is added or removed. */
      rows: readonly {
        key: string;
        before?: ReactNode;
        after?: ReactNode;
        changed: boolean;
        note?: ReactNode;
      }[];
    }
);

/** What changed between two things: lines of text, or fields. Unchanged parts are folded. */
export function DiffView(props: DiffViewProps) {
  return (
    <figure className="r-diff">
      {props.kind === 'text' ? (
        <TextDiff
          before={props.before}
          after={props.after}
          beforeText={props.beforeText}
          afterText={props.afterText}
        />
      ) : (
        <FieldDiff {...props} />
      )}
    </figure>
  );
}

function TextDiff({
  before,
  after,
  beforeText,
  afterText,
}: {
  before: string;
  after: string;
  beforeText: string;
  afterText: string;
}) {
  const [open, setOpen] = useState(false);
  const lines = useMemo(() => diffLines(beforeText, afterText), [beforeText, afterText]);
  const shown = open ? lines : foldSame(lines);
  const gone = lines.filter((line) => line.kind === 'gone').length;
  const fresh = lines.filter((line) => line.kind === 'new').length;
  return (
    <>
      <figcaption className="r-small">
        {before} to {after}:{' '}
        {gone + fresh === 0
          ? 'no line differs'
          : `${gone} ${gone === 1 ? 'line' : 'lines'} removed, ${fresh} added`}
      </figcaption>
      <div className="r-diff-text r-code">
        {shown.map((line, index) =>
          line.kind === 'folded' ? (
            <button
              key={`f${index}`}
              type="button"
              className="r-plain r-diff-fold"
              onClick={() => setOpen(true)}
            >
              {line.count} equal {line.count === 1 ? 'line' : 'lines'}
            </button>
          ) : (
            <div key={`${line.before}-${line.after}`} className="r-diff-line" data-kind={line.kind}>
              <span>{line.before}</span>
              <span>{line.after}</span>
              <span aria-hidden>{line.kind === 'gone' ? '\u2212' : line.kind === 'new' ? '+' : ' '}</span>
              <span>{line.text}</span>
            </div>
          ),
        )}
      </div>
    </>
  );
}

function FieldDiff({ before, after, rows }: Extract<DiffViewProps, { kind: 'fields' }>) {
  const [all, setAll] = useState(false);
  const equal = rows.filter((row) => !row.changed).length;
  const shown = all ? rows : rows.filter((row) => row.changed);
  return (
    <>
      {shown.length > 0 ? (
        <div className="r-scroll-x" tabIndex={0}>
          <table className="r-fields">
            <thead>
              <tr>
                <th scope="col">field</th>
                <th scope="col">{before}</th>
                <th scope="col">{after}</th>
                <th scope="col">change</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row) => (
                <tr key={row.key} data-changed={row.changed || undefined}>
                  <th scope="row">{row.key}</th>
                  <td data-side="before">{row.before ?? <span className="r-missing">{'\u2013'}</span>}</td>
                  <td data-side="after">{row.after ?? <span className="r-missing">{'\u2013'}</span>}</td>
                  <td>{row.note}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {equal > 0 ? (
        <button type="button" className="r-link" onClick={() => setAll(!all)}>
          {all ? 'Only what differs' : `Show ${equal} equal ${equal === 1 ? 'field' : 'fields'}`}
        </button>
      ) : null}
    </>
  );
}
