import type { Environment } from '../projects/schema.ts';
import type { Signature } from '../serving/schema/route.ts';
import type { Gate } from './schema.ts';

interface Measured {
  value: number | null;
  low: number | null;
  high: number | null;
  n: number;
}

/** Records that a promotion is judged by; every number comes from an evaluation that Rondo made itself. */
export interface GateFacts {
  /** Checks of the dataset versions that the version was trained on. */
  checks: { dataset: string; failed: number; total: number }[] | null;
  evaluation: {
    urn: string;
    loss: string;
    baseline: Measured | null;
    champion: (Measured & { version: number }) | null;
  } | null;
  margin: number | null;
  /** Version that answers in the target environment now. */
  champion: { version: number; signature: Signature } | null;
  signature: Signature;
  /** Whether the version has answered in the environment before this one. */
  reachedBefore: boolean;
  ci: { commit: string; passed: number; failed: number } | null;
  commit: string | null;
}

const gate = (
  name: Gate['name'],
  state: Gate['state'],
  sentence: string,
  more: Partial<Gate> = {},
): Gate => ({
  name,
  state,
  sentence,
  value: null,
  low: null,
  high: null,
  limit: null,
  proof: null,
  ...more,
});

const shown = (value: number | null) => (value === null ? 'unknown' : value.toFixed(4));
const interval = (of: Measured) => `${shown(of.value)} (${shown(of.low)} to ${shown(of.high)})`;

/** All conditions of an environment, in the order in which people read them. */
export function judge(environment: Environment, facts: GateFacts): Gate[] {
  return [
    orderGate(environment, facts),
    checksGate(facts),
    baselineGate(facts),
    championGate(environment, facts),
    signatureGate(facts),
    ciGate(environment, facts),
  ];
}

export const passed = (gates: readonly Gate[]): boolean => gates.every((each) => each.state !== 'failed');

function orderGate(environment: Environment, facts: GateFacts): Gate {
  if (environment.after === undefined)
    return gate('order', 'skipped', `${environment.name} has no environment before it.`);
  return facts.reachedBefore
    ? gate('order', 'passed', `It has answered in ${environment.after}.`)
    : gate(
        'order',
        'failed',
        `It has not answered in ${environment.after} yet, which comes before ${environment.name}.`,
      );
}

function checksGate({ checks }: GateFacts): Gate {
  if (checks === null || checks.length === 0)
    return gate('checks', 'failed', 'No checked dataset is recorded behind this version.');
  const bad = checks.filter((each) => each.failed > 0);
  const total = checks.reduce((sum, each) => sum + each.total, 0);
  if (bad.length === 0)
    return gate(
      'checks',
      'passed',
      `${total} checks passed on ${checks.map((each) => each.dataset).join(', ')}.`,
    );
  return gate(
    'checks',
    'failed',
    bad.map((each) => `${each.failed} of ${each.total} checks failed on ${each.dataset}`).join('; ') + '.',
  );
}

function baselineGate({ evaluation, margin }: GateFacts): Gate {
  if (margin === null)
    return gate('baseline', 'skipped', 'The project has no charter, so there is no baseline to beat.');
  if (!evaluation?.baseline) return gate('baseline', 'failed', 'There is no evaluation beside the baseline.');
  const { baseline } = evaluation;
  const numbers = {
    value: baseline.value,
    low: baseline.low,
    high: baseline.high,
    limit: margin,
    proof: evaluation.urn,
  };
  const sentence = `Gain over the baseline in ${evaluation.loss} is ${interval(baseline)} on ${baseline.n.toLocaleString('en-US')} rows; the margin is ${margin}.`;
  return gate(
    'baseline',
    baseline.low !== null && baseline.low >= margin ? 'passed' : 'failed',
    sentence,
    numbers,
  );
}

function championGate(environment: Environment, { evaluation, champion }: GateFacts): Gate {
  if (!champion) return gate('champion', 'skipped', `Nothing answers in ${environment.name} yet.`);
  const gain = evaluation?.champion;
  if (!evaluation || !gain || gain.version !== champion.version)
    return gate(
      'champion',
      'failed',
      `There is no evaluation beside v${champion.version}, which answers in ${environment.name}.`,
    );
  const numbers = {
    value: gain.value,
    low: gain.low,
    high: gain.high,
    limit: -environment.tolerance,
    proof: evaluation.urn,
  };
  const worse = gain.high === null || gain.high < -environment.tolerance;
  const sentence = `Gain over v${champion.version} in ${evaluation.loss} is ${interval(gain)} on the same ${gain.n.toLocaleString('en-US')} rows${worse ? ': clearly worse' : ''}.`;
  return gate('champion', worse ? 'failed' : 'passed', sentence, numbers);
}

/** A caller of the old version must be able to call the new one: no new required input, no changed type, no lost output. */
export function signatureFault(before: Signature, after: Signature): string | undefined {
  const known = new Map(before.inputs.map((input) => [input.name, input]));
  for (const input of after.inputs) {
    const old = known.get(input.name);
    if (!old && input.required !== false) return `it needs the new input '${input.name}'`;
    if (old && old.type !== input.type)
      return `input '${input.name}' changed from ${old.type} to ${input.type}`;
  }
  for (const [index, output] of before.outputs.entries()) {
    const now = after.outputs[index];
    if (!now) return `output ${index + 1} is gone`;
    if (now.type !== output.type) return `output ${index + 1} changed from ${output.type} to ${now.type}`;
  }
  return undefined;
}

function signatureGate({ champion, signature }: GateFacts): Gate {
  if (!champion)
    return gate('signature', 'passed', 'The signature is known; nothing calls this endpoint yet.');
  const fault = signatureFault(champion.signature, signature);
  return fault
    ? gate('signature', 'failed', `The signature breaks callers of v${champion.version}: ${fault}.`)
    : gate('signature', 'passed', `Callers of v${champion.version} can call it.`);
}

function ciGate(environment: Environment, { ci, commit }: GateFacts): Gate {
  if (environment.mode !== 'on-merge')
    return gate('ci', 'skipped', `${environment.name} does not wait for CI.`);
  if (!ci)
    return gate('ci', 'failed', `No CI result is reported for commit ${commit?.slice(0, 8) ?? 'unknown'}.`);
  return gate(
    'ci',
    ci.failed === 0 ? 'passed' : 'failed',
    `${ci.passed} tests passed and ${ci.failed} failed on ${ci.commit.slice(0, 8)}.`,
  );
}
