import { Select } from '@mantine/core';
import { Action } from '../../../ui/action.tsx';
import { CodeBlock } from '../../../ui/code-block.tsx';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { FilterBar } from '../../../ui/filter-bar.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { experimentsContract } from '../contract/experiments.ts';
import { tracesContract } from '../contract/traces.ts';
import { TraceTable } from './trace-table.tsx';
import { faultPlace, tracesLead } from './trace-words.ts';

const LIMIT = 500;

/** Traces of an experiment, or of all, filtered by the search grammar. */
export function Traces() {
  const { project, search, setSearch } = usePlace();
  const experiments = useEndpoint(experimentsContract.searchExperiments, { body: { max_results: 1000 } });
  const all = experiments.data?.experiments ?? [];
  const chosen = all.find((each) => each.experiment_id === search.experiment);
  const ids = chosen ? [chosen.experiment_id] : all.map((each) => each.experiment_id);
  const answer = useEndpoint(
    tracesContract.searchTraces,
    ids.length > 0
      ? {
          body: {
            locations: ids.map((experiment_id) => ({
              type: 'MLFLOW_EXPERIMENT',
              mlflow_experiment: { experiment_id },
            })),
            max_results: LIMIT,
            ...(search.q ? { filter: search.q } : {}),
            ...(search.after ? { page_token: search.after } : {}),
          },
        }
      : undefined,
  );
  const traces = answer.data?.traces ?? [];
  const more = answer.data?.next_page_token;
  const none =
    experiments.data !== undefined &&
    (ids.length === 0 || (answer.data !== undefined && traces.length === 0));
  const unread = answer.fault?.code === 'INVALID_PARAMETER_VALUE' ? answer.fault.message : undefined;
  return (
    <PageFrame
      title={chosen ? `Traces of ${chosen.name}` : 'Traces'}
      wide
      lead={traces.length > 0 ? tracesLead(project, traces, Boolean(search.q)) : undefined}
    >
      <div className="r-row">
        <Select
          aria-label="Experiment"
          placeholder="All experiments"
          clearable
          data={all.map((each) => ({ value: each.experiment_id, label: each.name }))}
          value={chosen?.experiment_id ?? null}
          onChange={(id) => setSearch({ experiment: id ?? undefined, after: undefined })}
        />
      </div>
      <FilterBar
        value={search.q ?? ''}
        onChange={(q) => setSearch({ q: q || undefined, after: undefined }, { replace: true })}
        placeholder="For example trace.status = 'ERROR' and span.name = 'search'"
        count={answer.data ? `${traces.length.toLocaleString('en-US')}${more ? ' and more' : ''}` : undefined}
        error={unread === undefined ? undefined : faultPlace(unread)}
      />
      <Panel
        state={
          none && search.q
            ? {
                kind: 'filtered',
                sentence: `No trace matches ${search.q}.`,
                onClear: () => setSearch({ q: undefined }),
              }
            : none
              ? { kind: 'empty', empty: <NoTrace /> }
              : unread !== undefined
                ? { kind: 'waiting', sentence: 'The filter cannot be read as it stands.' }
                : panelState(ids.length === 0 ? experiments : answer, { rows: 10 })
        }
      >
        <TraceTable traces={traces} />
        <div className="r-row">
          {search.after ? (
            <Action onClick={() => setSearch({ after: undefined })}>Show the newest</Action>
          ) : null}
          {more ? <Action onClick={() => setSearch({ after: more })}>Show older ones</Action> : null}
        </div>
      </Panel>
    </PageFrame>
  );
}

function NoTrace() {
  return (
    <div className="r-empty">
      <p className="r-serif">
        A trace keeps what happened inside one answer of an application: each call with its input, its output
        and how long it took. Nothing was traced here yet; a decorated function makes the first.
      </p>
      <CodeBlock
        label="Trace a function"
        forms={[
          {
            label: 'Python',
            text: `import mlflow\n\nmlflow.set_tracking_uri("${location.origin}")\n\n@mlflow.trace\ndef answer(question):\n    return question.upper()\n\nanswer("why")`,
          },
        ]}
      />
    </div>
  );
}
