import { stringify } from 'yaml';
import { CodeBlock } from '../../../ui/code-block.tsx';
import { requestFor } from '../../../ui/command.ts';
import { Action } from '../../../ui/action.tsx';
import type { DataColumn } from '../../../ui/data-column.ts';
import { panelState, useAct, useBarrier, useEndpoint } from '../../../ui/data.tsx';
import { DataTable } from '../../../ui/data-table.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { Lead } from '../../../ui/lead.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { NeedsYou, Status } from '../../../ui/status.tsx';
import type { StatusWord } from '../../../ui/status-words.ts';
import { When } from '../../../ui/when.tsx';
import { automationContract } from '../contract.ts';
import type { FiringSummary, RuleView } from '../schema/firing.ts';
import { rulesLead } from './automation-words.ts';
import { FiringDetail } from './firing-detail.tsx';

const FIRING_WORDS: Readonly<Record<FiringSummary['state'], StatusWord>> = {
  started: 'Running',
  held_back: 'Skipped',
  failed: 'Failed',
  done: 'Done',
};

const FIRINGS: readonly DataColumn<FiringSummary>[] = [
  { id: 'rule', head: 'rule', value: (each) => each.rule, width: 190, narrow: 'name' },
  {
    id: 'state',
    head: 'state',
    value: (each) => each.state.replaceAll('_', ' '),
    cell: (each) => (
      <span className="r-row">
        <Status word={FIRING_WORDS[each.state]} glyphOnly still /> {each.state.replaceAll('_', ' ')}
      </span>
    ),
    width: 120,
    narrow: 'end',
  },
  { id: 'lead', head: 'what happened', value: (each) => each.lead.text, width: 460, grow: true },
  {
    id: 'at',
    head: 'fired',
    value: (each) => each.fired_at,
    cell: (each) => <When at={each.fired_at} clock="wall" />,
    width: 110,
  },
];

/** Rules as sentences, and what each of them did. */
export function Automation() {
  const { project, search, hrefWith } = usePlace();
  const answer = useEndpoint(automationContract.listRules, { params: { project } });
  const firings = useEndpoint(automationContract.listFirings, { params: { project }, query: { limit: 200 } });
  const rules = answer.data?.rules ?? [];
  const all = firings.data?.firings ?? [];
  return (
    <PageFrame title="Automation" wide lead={rules.length > 0 ? rulesLead(project, rules) : undefined}>
      <Panel
        title="Rules"
        note={rules.length > 0 ? `${rules.length}` : undefined}
        state={panelState(answer, {
          rows: 4,
          empty: (data) =>
            data.rules.length === 0 ? (
              <Empty command={requestFor(project, 'PUT', 'rules', 'rules.json')}>
                A rule is a sentence: when skill alerts and no data check fails, run the training pipeline, at
                most once a day. None is written here yet.
              </Empty>
            ) : undefined,
        })}
      >
        <ul className="r-list" aria-label="Rules">
          {rules.map((rule) => (
            <RuleLine key={rule.name} project={project} rule={rule} />
          ))}
        </ul>
      </Panel>
      {search.firing ? <FiringDetail project={project} id={Number(search.firing)} /> : null}
      {all.length > 0 ? (
        <Panel title="Firings" note={`${all.length}, wall clock`}>
          <DataTable
            label="Firings"
            rows={all}
            columns={FIRINGS}
            rowId={(each) => String(each.id)}
            href={(each) => hrefWith({ firing: each.id })}
            marked={search.firing}
            fixedColumns
          />
        </Panel>
      ) : null}
    </PageFrame>
  );
}

function RuleLine({ project, rule }: { project: string; rule: RuleView }) {
  const barrier = useBarrier('operate');
  const pause = useAct(automationContract.pauseRule, (after) => `${after.name} is paused.`);
  const resume = useAct(automationContract.resumeRule, (after) => `${after.name} listens again.`);
  const args = { params: { project, rule: rule.name } };
  const fault = pause.fault ?? resume.fault;
  return (
    <li className="r-alert">
      {rule.state === 'open' ? (
        <NeedsYou>Stopped</NeedsYou>
      ) : (
        <Status word={rule.state === 'on' ? 'Live' : 'Paused'} still />
      )}
      <span className="r-request-what">
        <strong>{rule.rule.title ?? rule.name}</strong>
        <span className="r-rule">{rule.sentence}</span>
        <span className="r-small">
          <Lead parts={rule.lead.parts} small />
        </span>
        <details>
          <summary className="r-small">As written</summary>
          <CodeBlock
            label={`Rule ${rule.name}`}
            forms={[{ label: 'YAML', text: stringify({ rules: [rule.rule] }) }]}
          />
        </details>
        {rule.state_reason ? <span className="r-small">{rule.state_reason}</span> : null}
        {fault ? <Fault fault={fault} /> : null}
      </span>
      {rule.state === 'on' ? (
        <Action because={barrier} onClick={() => pause.run({ ...args, body: {} })}>
          Pause
        </Action>
      ) : (
        <Action
          kind={rule.state === 'open' ? 'decide' : 'plain'}
          because={barrier}
          onClick={() => resume.run(args)}
        >
          Resume
        </Action>
      )}
    </li>
  );
}
