import { useMemo, useState } from 'react';
import { commandFor } from '../../ui/command.ts';
import { CopyAs } from '../../ui/copy-as.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Fault } from '../../ui/fault.tsx';
import { leadText } from '../../ui/lead-parts.ts';
import { LoadingBars } from '../../ui/loading-bars.tsx';
import { PageFrame } from '../../ui/page-frame.tsx';
import { Panel } from '../../ui/panel.tsx';
import { usePlace } from '../../ui/place.ts';
import { Ring } from '../../ui/ring.tsx';
import type { RingState } from '../../ui/ring-state.ts';
import { monitoringProof } from '../../domains/monitoring/pages/monitor-words.ts';
import { formatEstimate, formatNumber } from '../../ui/number.ts';
import { useNow, useSurroundings } from '../../ui/surroundings.tsx';
import { useLiveState } from '../live.ts';
import { Activity } from './activity.tsx';
import type { LoopFacts } from './facts.ts';
import { FirstSteps } from './first-steps.tsx';
import { overviewLead } from './overview-lead.ts';
import { QualityNow } from './quality-now.tsx';
import { ServiceNow } from './service-now.tsx';
import { stationsOf } from './stations.ts';
import { TurnTable } from './turn-table.tsx';
import { turnsOf } from './turns.ts';
import { useLoopFacts } from './use-loop-facts.ts';
import { Waiting } from './waiting.tsx';

/** The loop on one page: what is live and how good it is, what moves, what waits, how the last turns ended. */
export function Overview() {
  const { project } = usePlace();
  const { facts, fault, retry } = useLoopFacts(project);
  const { zone } = useSurroundings();
  const now = useNow();
  const lead = facts ? overviewLead(facts) : undefined;
  return (
    <PageFrame
      title={facts?.project.title ?? project}
      lead={lead}
      actions={
        lead ? (
          <CopyAs label="Copy status" formats={[{ label: 'status', text: leadText(lead, now, zone) }]} />
        ) : undefined
      }
    >
      {fault ? (
        <Fault fault={fault} onRetry={retry} />
      ) : facts ? (
        <Loop facts={facts} />
      ) : (
        <LoadingBars rows={9} height={28} awaiting="Still waiting for the rooms of the loop." />
      )}
    </PageFrame>
  );
}

function Loop({ facts }: { facts: LoopFacts }) {
  const now = useNow();
  const live = useLiveState();
  const [turn, setTurn] = useState<number>();
  const turns = useMemo(() => turnsOf(facts), [facts]);
  const ring: RingState = {
    stations: stationsOf(facts, now),
    turns: turns.slice(-7).map(({ number, outcome, reached }) => ({ number, outcome, reached })),
    centre: centreOf(facts),
    asOf: live.kind === 'as-of' ? live.at : undefined,
  };
  const answering = answeringLast(facts);
  const begun = facts.datasets.length > 0 || facts.endpoints.length > 0 || facts.pipelineRuns.length > 0;
  return (
    <>
      <div className="r-overview">
        <Ring ring={ring} turn={turn} onTurn={setTurn} />
        <div className="r-stack">
          {begun ? <Waiting facts={facts} /> : <FirstSteps facts={facts} />}
          <Activity project={facts.project.name} />
        </div>
      </div>
      <div className="r-overview-now">
        <QualityNow facts={facts} />
        {answering ? <ServiceNow project={facts.project.name} endpoint={answering} /> : null}
      </div>
      <Panel
        title="Turns"
        note={turns.length > 0 ? `${turns.length}, wall clock; gains with 95% intervals` : undefined}
      >
        {turns.length > 0 ? (
          <TurnTable project={facts.project.name} turns={turns} marked={turn} onTurn={setTurn} />
        ) : (
          <Empty command={commandFor(facts.project.name, 'pipelines apply pipeline.ts')}>
            Nothing has gone round yet. A turn begins when something starts a training pipeline, and ends with
            a verdict.
          </Empty>
        )}
      </Panel>
    </>
  );
}

/** The endpoint that answers in the last environment that has one. */
function answeringLast(facts: LoopFacts): LoopFacts['endpoints'][number] | undefined {
  const environments = facts.project.environments.map((environment) => environment.name);
  return [...facts.endpoints]
    .filter((endpoint) => endpoint.arms.length > 0)
    .sort((a, b) => environments.indexOf(b.environment) - environments.indexOf(a.environment))[0];
}

/** The model of the last environment that answers, with the newest complete window of its quality. */
function centreOf(facts: LoopFacts): RingState['centre'] {
  const live = answeringLast(facts);
  const champion = live?.arms.find((arm) => arm.arm === 'champion');
  if (!live || !champion)
    return { model: facts.project.name, environment: facts.project.environments.at(-1)?.name ?? 'dev' };
  const monitor = facts.monitors.find(
    (each) => each.spec.kind === 'quality' && each.spec.endpoint === live.name,
  );
  const last = monitor?.last;
  const base = { model: champion.model, environment: live.environment, version: `v${champion.version}` };
  if (
    !monitor ||
    !last ||
    last.value === null ||
    last.low === null ||
    last.high === null ||
    last.state === 'provisional'
  )
    return base;
  const shown = formatEstimate(last.value, [last.low, last.high]);
  return {
    ...base,
    metric: {
      name: 'skill',
      value: shown.value,
      interval: `${shown.low} to ${shown.high}`,
      n: formatNumber(last.labelled, 'count'),
      asked: {
        kind: 'estimated',
        value: last.value,
        interval: [last.low, last.high],
        n: last.labelled,
        proof: monitoringProof(monitor, last),
      },
    },
  };
}
