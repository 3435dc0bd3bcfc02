import { TextInput } from '@mantine/core';
import { X } from 'lucide-react';
import { useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { Columns } from '../../../ui/columns.tsx';
import { useAct, useBarrier, useEndpoint } from '../../../ui/data.tsx';
import { Described } from '../../../ui/described.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { Id } from '../../../ui/id.tsx';
import { Num } from '../../../ui/num.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { When } from '../../../ui/when.tsx';
import { experimentsContract } from '../contract/experiments.ts';
import { runsContract } from '../contract/runs.ts';
import type { Run } from '../schema.ts';
import { CAPTURE_TAGS } from '../schema/capture.ts';
import { betterOf, loggedProof } from './run-words.ts';
import { isSystem } from './run-metrics.tsx';

const NOTE = 'mlflow.note.content';
const FEW = 12;

/** What a run was, what it was given, what came of it, and what people say about it. */
export function RunOverview({ run }: { run: Run }) {
  return (
    <div className="r-stack">
      <Description run={run} />
      <Columns>
        <Panel title="Metrics">
          <MainMetrics run={run} />
        </Panel>
        <Panel title="About">
          <About run={run} />
        </Panel>
      </Columns>
      <Columns>
        <Panel title="Params">
          <MainParams run={run} />
        </Panel>
        <Panel title="Tags">
          <Tags run={run} />
        </Panel>
      </Columns>
      <Panel title="Inputs and outputs">
        <InputsAndOutputs run={run} />
      </Panel>
    </div>
  );
}

const tagOf = (run: Run, key: string) => run.data.tags?.find((tag) => tag.key === key)?.value;

function MainMetrics({ run }: { run: Run }) {
  const { hrefWith } = usePlace();
  const metrics = (run.data.metrics ?? []).filter((metric) => !isSystem(metric.key));
  if (metrics.length === 0) return <p className="r-serif">No metric was logged.</p>;
  const rank = (key: string) => (key.includes('/') ? 2 : betterOf(key) ? 0 : 1);
  const first = metrics.toSorted((a, b) => rank(a.key) - rank(b.key)).slice(0, FEW);
  return (
    <>
      <Facts
        rows={first.map((metric) => [
          metric.key,
          <>
            {typeof metric.value === 'number' ? (
              <Num value={metric.value} style="metric" {...loggedProof(run, metric.key)} />
            ) : (
              metric.value
            )}
            {metric.step ? (
              <span className="r-num-spread"> at step {formatNumber(metric.step, 'count')}</span>
            ) : null}
          </>,
        ])}
      />
      {metrics.length > FEW ? (
        <a href={hrefWith({ tab: 'metrics' })}>All {formatNumber(metrics.length, 'count')} metrics</a>
      ) : null}
    </>
  );
}

function MainParams({ run }: { run: Run }) {
  const { hrefWith } = usePlace();
  const params = run.data.params ?? [];
  if (params.length === 0) return <p className="r-serif">No param was logged.</p>;
  return (
    <>
      <Facts
        rows={params
          .slice(0, FEW)
          .map(({ key, value }) => [key, <code className="r-code r-cut">{value}</code>])}
      />
      {params.length > FEW ? (
        <a href={hrefWith({ tab: 'params' })}>All {formatNumber(params.length, 'count')} params</a>
      ) : null}
    </>
  );
}

function About({ run }: { run: Run }) {
  const { project } = usePlace();
  const { info } = run;
  const experiment = useEndpoint(experimentsContract.getExperiment, {
    query: { experiment_id: info.experiment_id },
  }).data?.experiment;
  const parent = tagOf(run, 'mlflow.parentRunId');
  const repeats = tagOf(run, CAPTURE_TAGS.reproduces);
  const commit = tagOf(run, 'mlflow.source.git.commit');
  return (
    <Facts
      rows={[
        [
          'Experiment',
          <a href={`${pageOf(project, 'experiments')}?experiment=${info.experiment_id}`}>
            {experiment?.name ?? info.experiment_id}
          </a>,
        ],
        ['Began', <When at={info.start_time} clock="wall" />],
        ['Ended', info.end_time ? <When at={info.end_time} clock="wall" /> : undefined],
        ['By', info.user_id],
        ['Source', tagOf(run, 'mlflow.source.name')],
        ['Commit', commit ? <Id value={commit} /> : undefined],
        ['Parent', parent ? <a href={pageOf(project, 'runs', parent)}>{parent.slice(0, 8)}</a> : undefined],
        [
          'Makes again',
          repeats ? <a href={pageOf(project, 'runs', repeats)}>{repeats.slice(0, 8)}</a> : undefined,
        ],
        ['Files', <code className="r-code r-break">{info.artifact_uri}</code>],
      ]}
    />
  );
}

/** Markdown that people write about the run; MLflow keeps it in a tag. */
function Description({ run }: { run: Run }) {
  const barrier = useBarrier('track');
  const save = useAct(runsContract.setTag);
  return (
    <Described
      text={tagOf(run, NOTE) ?? ''}
      none="Nobody has described this run."
      because={barrier}
      fault={save.fault}
      onSave={(value, done) => save.run({ body: { run_id: run.info.run_id, key: NOTE, value } }, done)}
    />
  );
}

/** Tags that people or their code set; those of MLflow and of Rondo are told elsewhere. */
function Tags({ run }: { run: Run }) {
  const run_id = run.info.run_id;
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const barrier = useBarrier('track');
  const put = useAct(runsContract.setTag, () => {
    setKey('');
    setValue('');
    return undefined;
  });
  const remove = useAct(runsContract.deleteTag);
  const tags = (run.data.tags ?? []).filter((tag) => !tag.key.startsWith('mlflow.'));
  return (
    <div className="r-stack">
      {tags.length === 0 ? <p className="r-small">No tag was set.</p> : null}
      <ul className="r-list">
        {tags.map((tag) => (
          <li key={tag.key} className="r-tag">
            <button
              type="button"
              className="r-plain"
              title="Change the value"
              disabled={barrier !== undefined}
              onClick={() => {
                setKey(tag.key);
                setValue(tag.value);
              }}
            >
              <span className="r-small">{tag.key}</span> <code className="r-code r-cut">{tag.value}</code>
            </button>
            {barrier === undefined ? (
              <button
                type="button"
                className="r-iconbutton"
                aria-label={`Remove the tag ${tag.key}`}
                onClick={() => remove.run({ body: { run_id, key: tag.key } })}
              >
                <X className="r-icon" />
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      <form
        className="r-row"
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim()) put.run({ body: { run_id, key: key.trim(), value } });
        }}
      >
        <TextInput
          aria-label="Key of the tag"
          placeholder="key"
          value={key}
          maxLength={250}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <TextInput
          aria-label="Value of the tag"
          placeholder="value"
          value={value}
          maxLength={8000}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <Action submit because={barrier ?? (key.trim() ? undefined : 'The key is missing.')}>
          Set tag
        </Action>
      </form>
      {put.fault ? <Fault fault={put.fault} /> : null}
      {remove.fault ? <Fault fault={remove.fault} /> : null}
    </div>
  );
}

function InputsAndOutputs({ run }: { run: Run }) {
  const datasets = run.inputs.dataset_inputs ?? [];
  const read = run.inputs.model_inputs ?? [];
  const made = run.outputs?.model_outputs ?? [];
  if (datasets.length + read.length + made.length === 0)
    return <p className="r-small">The run named no data and no model that it read or made.</p>;
  return (
    <Facts
      rows={[
        ...datasets.map(
          ({ dataset, tags }) =>
            [
              `Dataset ${dataset.name}`,
              <>
                <Id value={dataset.digest} />{' '}
                <span className="r-small">
                  {[tags?.find((tag) => tag.key === 'mlflow.data.context')?.value, dataset.source_type]
                    .filter(Boolean)
                    .join(', ')}
                </span>
              </>,
            ] as const,
        ),
        ...read.map(({ model_id }, at) => [`Model read ${at + 1}`, <Id value={model_id} />] as const),
        ...made.map(
          ({ model_id, step }, at) =>
            [`Model made ${at + 1}${step ? `, at step ${step}` : ''}`, <Id value={model_id} />] as const,
        ),
      ]}
    />
  );
}
