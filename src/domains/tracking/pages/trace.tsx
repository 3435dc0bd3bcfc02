import { useMemo, useState } from 'react';
import { lead, type LeadPart } from '../../../lib/lead.ts';
import { Action } from '../../../ui/action.tsx';
import { panelState, useBarrier, useEndpoint } from '../../../ui/data.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Id } from '../../../ui/id.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import { tracesContract } from '../contract/traces.ts';
import { type Assessment, TRACE_KEYS, type TraceInfo } from '../schema/traces.ts';
import { ChosenSpan } from './chosen-span.tsx';
import { DeleteTraces } from './trace-table.tsx';
import {
  nameOf,
  ownTags,
  secondsOf,
  spanRows,
  startOf,
  stateWord,
  tokensOf,
  valueOf,
} from './trace-words.ts';
import { Waterfall } from './waterfall.tsx';

/** One trace: what was asked and answered, the spans between, and what is said of it. */
export function Trace() {
  const { project, params, search, setSearch, go } = usePlace();
  const id = params.trace ?? '';
  const answer = useEndpoint(tracesContract.getTrace, { query: { trace_id: id, allow_partial: true } });
  const info = answer.data?.trace.trace_info;
  const rows = useMemo(() => spanRows(answer.data?.trace.spans ?? []), [answer.data]);
  const chosen = rows.find((row) => row.id === search.span) ?? rows[0];
  const [removing, setRemoving] = useState(false);
  const barrier = useBarrier('track');
  const experiment = info?.trace_location.mlflow_experiment.experiment_id;
  return (
    <PageFrame
      title={info ? nameOf(info) : id.slice(0, 11)}
      wide
      mark={
        info ? (
          <>
            <Id value={id} length={11} />
            <Status word={stateWord(info.state)} chip />
          </>
        ) : undefined
      }
      lead={info ? traceLead(project, info, rows.length) : undefined}
      actions={
        info ? (
          <>
            <Action href={`${pageOf(project, 'traces')}?experiment=${experiment}`}>All traces</Action>
            <Action kind="harmful" because={barrier} onClick={() => setRemoving(true)}>
              Delete the trace
            </Action>
          </>
        ) : undefined
      }
    >
      <Panel state={panelState(answer, { rows: 8 })}>
        {info ? <About project={project} info={info} /> : null}
      </Panel>
      {info ? (
        <Panel title="Spans" note="each under the span that called it; times by the clock of whoever traced">
          {rows.length === 0 ? (
            <p className="r-serif">
              No span was sent here. A client before 3.4 keeps them in a file of its own: traces.json at{' '}
              <code className="r-code">{info.tags?.[TRACE_KEYS.artifactLocation]}</code>.
            </p>
          ) : (
            <Waterfall
              rows={rows}
              chosen={chosen?.id}
              onChoose={(span) => setSearch({ span }, { replace: true })}
            />
          )}
        </Panel>
      ) : null}
      {chosen ? <ChosenSpan row={chosen} /> : null}
      {info && (info.assessments ?? []).length > 0 ? <Assessments info={info} /> : null}
      {removing && info ? (
        <DeleteTraces
          traces={[info]}
          onClose={() => setRemoving(false)}
          onDone={() => go(`${pageOf(project, 'traces')}?experiment=${experiment}`)}
        />
      ) : null}
    </PageFrame>
  );
}

function traceLead(project: string, info: TraceInfo, spans: number): LeadPart[] {
  const rows = { label: 'its spans', href: pageOf(project, 'traces', info.trace_id) };
  const seconds = secondsOf(info);
  const tokens = tokensOf(info);
  const number = (value: number, style: 'seconds' | 'count', definition: string): LeadPart => ({
    type: 'number',
    value,
    style,
    proof: { definition, clock: 'wall', rows },
  });
  const took: (string | LeadPart)[] =
    seconds === null
      ? ['It has not ended']
      : ['It took ', number(seconds, 'seconds', 'From the start of the first span to the end of the last.')];
  const used: (string | LeadPart)[] =
    tokens === null
      ? []
      : [
          ' and used ',
          number(
            tokens,
            'count',
            'Tokens that the spans say they used; a span that sums up its inner ones counts once.',
          ),
          ' tokens',
        ];
  return lead(
    ...took,
    ' in ',
    number(spans, 'count', 'Spans of this trace that were sent here.'),
    spans === 1 ? ' span' : ' spans',
    ...used,
    '.',
  ).parts;
}

function About({ project, info }: { project: string; info: TraceInfo }) {
  const metadata = info.trace_metadata ?? {};
  const run = metadata[TRACE_KEYS.sourceRun];
  const tags = ownTags(info);
  return (
    <Facts
      rows={[
        ['request', info.request_preview],
        ['response', info.response_preview],
        ['started', <When key="started" at={startOf(info)} clock="wall" />],
        ['run', run ? <Id key="run" value={run} href={pageOf(project, 'runs', run)} /> : undefined],
        ['session', metadata[TRACE_KEYS.session]],
        ['user', metadata[TRACE_KEYS.user]],
        ['source', metadata['mlflow.source.name']],
        ['tags', tags.length > 0 ? tags.map(([key, value]) => `${key}: ${value}`).join(', ') : undefined],
      ]}
    />
  );
}

function Assessments({ info }: { info: TraceInfo }) {
  return (
    <Panel title="Assessments" note="judged by people and programs outside; Rondo keeps them">
      <div className="r-scroll-x" tabIndex={0} role="region" aria-label="Assessments">
        <table className="r-fields">
          <thead>
            <tr>
              <th scope="col">name</th>
              <th scope="col">value</th>
              <th scope="col">kind</th>
              <th scope="col">by</th>
              <th scope="col">why</th>
            </tr>
          </thead>
          <tbody>
            {(info.assessments ?? []).map((each) => (
              <tr key={each.assessment_id}>
                <th scope="row">{each.assessment_name}</th>
                <td>
                  {valueOf(each)}
                  {each.valid === false ? <span className="r-small"> overridden</span> : null}
                </td>
                <td>{kindOf(each)}</td>
                <td>
                  {each.source?.source_id ?? ''}{' '}
                  <span className="r-small">
                    {(each.source?.source_type ?? '').toLowerCase().replace('_', ' ')}
                  </span>
                </td>
                <td>{each.rationale ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

const kindOf = (each: Assessment) =>
  each.feedback ? 'feedback' : each.expectation ? 'expectation' : 'issue';
