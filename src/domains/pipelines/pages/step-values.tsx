import { useDownload } from '../../../ui/data.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Id } from '../../../ui/id.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { pageOf } from '../../../ui/place.ts';
import { pipelinesContract } from '../contract.ts';
import { shownValue } from './step-words.ts';

/** Inputs, outputs or parameters of a step, one a line: things of Rondo are links, files can be downloaded. */
export function StepValues({
  title,
  values,
  project,
  filesOf,
}: {
  title: string;
  values: Readonly<Record<string, unknown>> | null;
  project: string;
  /** Step run whose output files these are; without it files are only named. */
  filesOf?: string;
}) {
  const entries = Object.entries(values ?? {});
  if (entries.length === 0) return null;
  return (
    <section>
      <h3 className="r-h3">{title}</h3>
      <Facts
        rows={entries.map(
          ([name, value]) =>
            [
              name,
              <Value key={name} name={name} value={value} project={project} filesOf={filesOf} />,
            ] as const,
        )}
      />
    </section>
  );
}

function Value({
  name,
  value,
  project,
  filesOf,
}: {
  name: string;
  value: unknown;
  project: string;
  filesOf: string | undefined;
}) {
  const download = useDownload();
  const shown = shownValue(value);
  switch (shown.kind) {
    case 'model':
      return <a href={pageOf(project, 'models', shown.name, shown.version)}>{shown.text}</a>;
    case 'dataset':
      return (
        <>
          <a href={pageOf(project, 'datasets', shown.name, shown.version)}>{shown.text}</a>{' '}
          {shown.digest ? <Id value={shown.digest} length={12} /> : null}
        </>
      );
    case 'file':
      return (
        <>
          {filesOf ? (
            <button
              type="button"
              className="r-link"
              onClick={() =>
                void download(
                  pipelinesContract.readStepOutput,
                  { params: { project, step_run: filesOf, name } },
                  shown.name,
                )
              }
            >
              {shown.name}
            </button>
          ) : (
            shown.name
          )}{' '}
          <span className="r-num-spread">{formatNumber(shown.size, 'bytes')}</span>{' '}
          <Id value={shown.digest} length={12} />
        </>
      );
    default:
      return <code className="r-code">{shown.text}</code>;
  }
}
