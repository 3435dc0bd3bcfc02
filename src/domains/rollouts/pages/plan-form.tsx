import { NumberInput, Select } from '@mantine/core';
import { useState } from 'react';
import { servingContract } from '../../serving/contract.ts';
import { Action } from '../../../ui/action.tsx';
import { useAct, useEndpoint } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { Num } from '../../../ui/num.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { rolloutsContract } from '../contract.ts';
import type { RolloutPlan } from '../schema.ts';

const DAY = 86_400_000;

/** What a test would need, asked before anything starts. */
export function PlanForm({ project }: { project: string }) {
  const endpoints = useEndpoint(servingContract.listEndpoints, { params: { project } }).data?.endpoints ?? [];
  const [endpoint, setEndpoint] = useState<string>();
  const [effect, setEffect] = useState(0.003);
  const [sd, setSd] = useState(0.1);
  const [days, setDays] = useState(35);
  const [plan, setPlan] = useState<RolloutPlan>();
  const act = useAct(rolloutsContract.planRollout, (made) => {
    setPlan(made);
    return undefined;
  });
  const chosen = endpoint ?? endpoints[0]?.name;
  if (!chosen) return null;
  const ask = () =>
    act.run({ params: { project }, body: { endpoint: chosen, effect, sd, horizon_ms: days * DAY } });
  return (
    <Panel
      title="What would a test need?"
      note="from the last 28 days of the endpoint's event time; nothing is started"
    >
      <form
        className="r-form"
        onSubmit={(event) => {
          event.preventDefault();
          ask();
        }}
      >
        <Select
          label="Endpoint"
          data={endpoints.map((each) => each.name)}
          value={chosen}
          onChange={(name) => setEndpoint(name ?? undefined)}
          allowDeselect={false}
        />
        <NumberInput
          label="Smallest gain that matters"
          description="in log loss"
          value={effect}
          min={0.0001}
          step={0.001}
          onChange={(value) => setEffect(Number(value) || 0.0001)}
        />
        <NumberInput
          label="Spread of one row's difference"
          description="standard deviation, from an evaluation of both"
          value={sd}
          min={0.0001}
          step={0.01}
          onChange={(value) => setSd(Number(value) || 0.0001)}
        />
        <NumberInput
          label="Longest wait"
          description="days of event time"
          value={days}
          min={1}
          onChange={(value) => setDays(Number(value) || 1)}
        />
        <Action submit because={act.running ? 'It is being computed.' : undefined}>
          Plan the test
        </Action>
      </form>
      {act.fault ? <Fault fault={act.fault} /> : null}
      {plan ? <Plan project={project} plan={plan} days={days} /> : null}
    </Panel>
  );
}

function Plan({ project, plan, days }: { project: string; plan: RolloutPlan; days: number }) {
  const needed = (
    <Num
      kind="counted"
      value={plan.rows_needed}
      proof={{
        definition:
          'Labelled rows after which a gain of this size has been found with the stated chance, looking after every row.',
        method: `Confidence sequence, two-sided alpha ${plan.alpha}, power ${plan.power}`,
        formula: `sd ${plan.sd}, effect ${plan.effect}`,
        query: `POST /api/v1/projects/${project}/rollouts/plan`,
      }}
    />
  );
  return (
    <p className="r-serif" aria-live="polite">
      {plan.can_decide ? 'This test can decide. ' : 'This test cannot decide. '}A gain of {plan.effect} needs{' '}
      {needed} labelled rows; {days} days are expected to give {plan.horizon_rows.toLocaleString('en-US')}.
      {plan.can_decide ? null : ' State a larger effect, wait longer, or send more labelled traffic.'}
    </p>
  );
}
