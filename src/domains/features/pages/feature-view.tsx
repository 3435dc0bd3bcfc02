import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { counted, type LeadPart } from '../../../lib/lead.ts';
import { Action } from '../../../ui/action.tsx';
import { CodeBlock } from '../../../ui/code-block.tsx';
import { Columns } from '../../../ui/columns.tsx';
import { panelState, useAct, useBarrier, useEndpoint } from '../../../ui/data.tsx';
import { Facts } from '../../../ui/facts.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { LoadingBars } from '../../../ui/loading-bars.tsx';
import { Num } from '../../../ui/num.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { formatSpan } from '../../../ui/time.ts';
import { When } from '../../../ui/when.tsx';
import { featuresContract } from '../contract.ts';
import type { ViewRecord } from '../schema.ts';
import { objectiveText } from './freshness-words.ts';

/** One view: how fresh it is, what a model would have read, how it is computed. */
export function FeatureView() {
  const { project, params } = usePlace();
  const name = params.view ?? '';
  const answer = useEndpoint(featuresContract.getFeatureView, { params: { project, name } });
  const view = answer.data?.view;
  const freshness = useEndpoint(featuresContract.listFreshness, { params: { project } });
  const report = freshness.data?.views.find((each) => each.view === name);
  const barrier = useBarrier('edit');
  const materialise = useAct(
    featuresContract.materialiseView,
    () => `${name} is being computed over what it has not covered.`,
  );
  return (
    <PageFrame
      title={name}
      mark={view ? <span className="r-small">v{view.version}</span> : undefined}
      lead={view ? viewLead(project, view) : undefined}
      actions={
        <Action
          because={barrier ?? (materialise.running ? 'It is being started.' : undefined)}
          onClick={() => materialise.run({ params: { project, name }, body: {} })}
        >
          {`Materialise ${name}`}
        </Action>
      }
    >
      {materialise.fault ? <Fault fault={materialise.fault} /> : null}
      {view ? <LookUp project={project} view={view} /> : null}
      <Panel state={panelState(answer, { rows: 8 })}>
        {view ? (
          <Columns>
            <section className="r-panel">
              <h2 className="r-h2">Values</h2>
              <Facts
                rows={[
                  ['Entity', view.entity ?? 'one for everything'],
                  ['Too old after', view.ttl_ms === null ? 'never' : formatSpan(view.ttl_ms)],
                  [
                    'Freshness objective',
                    report ? (
                      <span>
                        <Status word={report.met ? 'Passed' : 'Failed'} still /> {objectiveText(view, report)}{' '}
                        in the week before <When at={report.clock} clock="event" />
                      </span>
                    ) : (
                      objectiveText(view, undefined)
                    ),
                  ],
                  ['Readable after', view.delay_ms === 0 ? 'at once' : formatSpan(view.delay_ms)],
                  [
                    'Rows',
                    <Num
                      kind="counted"
                      value={view.freshness.rows}
                      proof={{
                        definition: 'Materialised rows of the view, one for each entity and time.',
                        ...viewSource(project, view),
                      }}
                    />,
                  ],
                  ['Newest event', <When at={view.freshness.newest_event_time} clock="event" />],
                  ['Computed', <When at={view.freshness.newest_created_time} clock="wall" />],
                  [
                    'From',
                    `${view.source}, versions ${view.freshness.dataset_versions.join(', ') || 'none yet'}`,
                  ],
                  ...view.features.map(
                    (feature) => [feature.name, feature.description || 'no description'] as const,
                  ),
                ]}
              />
            </section>
            <section className="r-panel">
              <h2 className="r-h2">Definition</h2>
              <CodeBlock label={`SQL of ${name}`} forms={[{ label: 'SQL', text: view.sql }]} />
            </section>
          </Columns>
        ) : null}
      </Panel>
    </PageFrame>
  );
}

/** The dataset that the values of a view are computed from. */
const viewSource = (project: string, { source, freshness }: ViewRecord) => ({
  method: `${source}, versions ${freshness.dataset_versions.join(', ') || 'none yet'}`,
  rows: { label: `the rows of ${source}`, href: pageOf(project, 'datasets', source) },
});

function viewLead(project: string, view: ViewRecord): LeadPart[] {
  const { newest_event_time: newest, rows, offline_only: behind } = view.freshness;
  if (newest === null) return [{ type: 'text', text: 'No value was computed yet.' }];
  return [
    counted(
      rows,
      {
        definition: 'Materialised rows of the view, one for each entity and time.',
        ...viewSource(project, view),
      },
      'rows',
    ),
    { type: 'text', text: ' up to ' },
    { type: 'time', at: newest, clock: 'event' },
    ...(behind === 0
      ? [{ type: 'text' as const, text: '; all of them are online.' }]
      : [
          { type: 'text' as const, text: '; ' },
          counted(
            behind,
            {
              definition: 'Materialised partitions that the online store has not got yet.',
              ...viewSource(project, view),
            },
            'partitions',
          ),
          { type: 'text' as const, text: ' are not online yet.' },
        ]),
  ];
}

/** What would a model have read for a key at a moment, and why nothing later? */
function LookUp({ project, view }: { project: string; view: ViewRecord }) {
  const { search, setSearch } = usePlace();
  const [key, setKey] = useState(search.key ?? '');
  const [at, setAt] = useState(search.at ?? momentOf(view.freshness.newest_event_time));
  const moment = Date.parse(`${search.at ?? ''}Z`);
  const asked = search.at !== undefined && Number.isFinite(moment);
  const answer = useEndpoint(
    featuresContract.lookupFeatures,
    asked
      ? {
          params: { project },
          query: { view: view.name, at: moment, ...(search.key ? { key: search.key } : {}) },
        }
      : undefined,
  );
  return (
    <Panel title="Look up" note="event time, UTC">
      <form
        className="r-form"
        onSubmit={(event) => {
          event.preventDefault();
          setSearch({ key: key || undefined, at }, { replace: true });
        }}
      >
        {view.entity ? (
          <TextInput
            label={view.entity}
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
          />
        ) : null}
        <TextInput
          label="As of"
          type="datetime-local"
          value={at}
          onChange={(event) => setAt(event.currentTarget.value)}
        />
        <Action submit>Look up</Action>
      </form>
      {answer.fault ? <Fault fault={answer.fault} /> : null}
      {asked && !answer.data && !answer.fault ? (
        <LoadingBars rows={3} awaiting="The value is looked up." />
      ) : null}
      {asked && answer.data ? (
        <div aria-live="polite">
          <p className="r-serif">{answer.data.text}</p>
          {answer.data.found ? (
            <Facts
              rows={Object.entries(answer.data.found.values).map(
                ([feature, value]) =>
                  [
                    feature,
                    value === null ? 'missing' : <span data-raw>{formatNumber(value)}</span>,
                  ] as const,
              )}
            />
          ) : null}
        </div>
      ) : null}
    </Panel>
  );
}

/** What the input of a moment holds, UTC; empty where no value was computed yet. */
const momentOf = (time: number | null): string =>
  time === null ? '' : new Date(time).toISOString().slice(0, 16);
