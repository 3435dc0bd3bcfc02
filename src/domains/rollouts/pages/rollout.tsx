import { Action } from '../../../ui/action.tsx';
import { useAct, useBarrier, useEndpoint, panelState } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { Lead } from '../../../ui/lead.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { rolloutsContract } from '../contract.ts';
import type { Rollout as RolloutOf } from '../schema.ts';
import { ArmTable } from './arm-table.tsx';
import { GainChart } from './gain-chart.tsx';
import { Looks } from './looks.tsx';
import { PlanFacts } from './plan-facts.tsx';
import { evidenceParts, wordsAfter, stageText, statusOf, verdictWord } from './rollout-words.ts';

/** One rollout: the verdict in words first, then the band that it rests on. */
export function Rollout() {
  const { project, params, search, hrefWith } = usePlace();
  const id = Number(params.rollout);
  const answer = useEndpoint(rolloutsContract.getRollout, { params: { project, id } });
  const data = answer.data;
  const tab = search.tab ?? 'verdict';
  return (
    <PageFrame
      title={
        data ? `${data.model} v${data.candidate} against v${data.champion}` : `Rollout ${params.rollout}`
      }
      mark={
        data ? (
          <>
            <Status word={statusOf(data)} chip />
            <span className="r-small">{stageText(data)}</span>
          </>
        ) : undefined
      }
      actions={data ? <Actions project={project} rollout={data} /> : undefined}
      tabs={[
        { id: 'verdict', label: 'Verdict', href: hrefWith({ tab: undefined }) },
        { id: 'looks', label: 'Log of looks', href: hrefWith({ tab: 'looks' }) },
        { id: 'plan', label: 'Plan', href: hrefWith({ tab: 'plan' }) },
      ]}
      tab={tab}
    >
      <Panel state={panelState(answer, { rows: 8 })}>
        {data ? (
          tab === 'looks' ? (
            <Looks rollout={data} />
          ) : tab === 'plan' ? (
            <PlanFacts rollout={data} />
          ) : (
            <Verdict rollout={data} />
          )
        ) : null}
      </Panel>
    </PageFrame>
  );
}

function Verdict({ rollout }: { rollout: RolloutOf }) {
  const word = verdictWord(rollout);
  return (
    <div className="r-stack">
      <div aria-live="polite">
        <p className="r-display">{word}.</p>
        <Lead parts={wordsAfter(word, rollout)} />
        <Lead parts={evidenceParts(rollout)} />
      </div>
      <GainChart rollout={rollout} />
      {rollout.looks.length === 0 ? <PlanFacts rollout={rollout} /> : <ArmTable rollout={rollout} />}
    </div>
  );
}

function Actions({ project, rollout }: { project: string; rollout: RolloutOf }) {
  const barrier = useBarrier('operate');
  const stop = useAct(rolloutsContract.stopRollout, (after) => after.sentence);
  const running = rollout.state === 'shadow' || rollout.state === 'canary';
  return (
    <>
      {running ? (
        <Action
          kind="harmful"
          because={barrier ?? (stop.running ? 'It is being stopped.' : undefined)}
          onClick={() => stop.run({ params: { project, id: rollout.id } })}
        >
          Stop, v{rollout.champion} stays
        </Action>
      ) : null}
      <Action href={pageOf(project, 'endpoints', rollout.endpoint)}>{rollout.endpoint}</Action>
      {stop.fault ? <Fault fault={stop.fault} /> : null}
    </>
  );
}
