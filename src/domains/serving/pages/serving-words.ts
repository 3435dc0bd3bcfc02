import { counted, lead, type LeadPart, type Proof } from '../../../lib/lead.ts';
import { pageOf } from '../../../ui/place.ts';
import type { Arm, Endpoint, TrafficRevision } from '../schema/control.ts';

/** The logged answers of an endpoint. */
export const predictionRows = (project: string, endpoint: string) => ({
  label: 'the rows',
  href: `${pageOf(project, 'predictions')}?endpoint=${encodeURIComponent(endpoint)}`,
});

/** What counts as a prediction, with the way to the rows. */
export const predictionsProof = (project: string, endpoint: string): Proof => ({
  definition: 'Answers of this endpoint that are imported into the log; shadows and errors are not counted.',
  rows: predictionRows(project, endpoint),
});

export function endpointsLead(project: string, endpoints: readonly Endpoint[]): LeadPart[] {
  const live = endpoints.filter((each) => each.arms.length > 0);
  const total = endpoints.reduce((sum, each) => sum + each.predictions, 0);
  const tested = endpoints.filter((each) => each.arms.some((arm) => arm.arm === 'candidate'));
  const second =
    tested.length === 0
      ? 'No candidate is being tried.'
      : `A candidate is tried at ${tested.map((each) => each.name).join(', ')}.`;
  return [
    counted(
      live.length,
      {
        definition: 'Endpoints behind which a deployment is live.',
        n: endpoints.length,
        rows: { label: 'the endpoints', href: pageOf(project, 'endpoints') },
      },
      live.length === 1 ? 'endpoint' : 'endpoints',
    ),
    { type: 'text', text: ` of ${endpoints.length} ${live.length === 1 ? 'answers' : 'answer'}; ` },
    counted(
      total,
      {
        definition:
          'Answers of all endpoints that are imported into the log; shadows and errors are not counted.',
        rows: { label: 'the rows', href: pageOf(project, 'predictions') },
      },
      total === 1 ? 'prediction' : 'predictions',
    ),
    { type: 'text', text: ` ${total === 1 ? 'is' : 'are'} logged. ${second}` },
  ];
}

/** How much an endpoint has answered, and of how much the truth is known. */
export function predictionsLead(endpoint: Endpoint, shown: number, labelled: number): LeadPart[] {
  if (shown === 0) return lead(`${endpoint.name} has answered nothing that is in the log yet.`).parts;
  return lead(
    `${endpoint.name} has `,
    counted(endpoint.predictions, predictionsProof(endpoint.project, endpoint.name)),
    ' answers in the log. The truth is known for ',
    counted(labelled, {
      definition: 'Answers of the list below that feedback came back for.',
      n: shown,
      rows: predictionRows(endpoint.project, endpoint.name),
    }),
    ` of the newest ${shown.toLocaleString('en-US')}.`,
  ).parts;
}

/** A version that can answer everything again; `stops` is the candidate that this would end. */
export interface WayBack {
  deployment: number;
  model: string;
  version: number;
  stops?: number;
}

/** The nearest way back: without the candidate while one answers, else to the newest other champion that was live. */
export function wayBackOf(arms: readonly Arm[], revisions: readonly TrafficRevision[]): WayBack | undefined {
  const champion = arms.find((arm) => arm.arm === 'champion');
  const candidate = arms.find((arm) => arm.arm === 'candidate');
  if (champion && candidate && candidate.weight > 0)
    return { ...placeOf(champion), stops: candidate.version };
  const before = [...revisions]
    .sort((a, b) => b.revision - a.revision)
    .filter((revision) => revision.state === 'superseded')
    .flatMap((revision) => revision.arms.filter((arm) => arm.arm === 'champion'))
    .find((arm) => arm.deployment !== champion?.deployment);
  return before && placeOf(before);
}

const placeOf = ({ deployment, model, version }: Arm): WayBack => ({ deployment, model, version });

const CAUSES: Readonly<Record<TrafficRevision['cause']['kind'], string>> = {
  deploy: 'deployed',
  traffic: 'traffic shifted',
  rollback: 'rolled back',
  promotion: 'promoted',
  rollout: 'rollout',
  created: 'created',
};

/** "promoted by promotion 4, canary". */
export const causeText = ({ cause }: Pick<TrafficRevision, 'cause'>): string =>
  [`${CAUSES[cause.kind]} by ${cause.by}`, cause.note].filter(Boolean).join(', ');

/** Requests that call an endpoint with this row, in three languages. */
export function callForms(
  url: string,
  row: Readonly<Record<string, unknown>>,
): { label: string; text: string }[] {
  const body = JSON.stringify({ dataframe_records: [row] });
  const pretty = JSON.stringify(row, null, 2);
  return [
    {
      label: 'curl',
      text: `curl ${url} \\\n  -H 'content-type: application/json' \\\n  -d '${body.replaceAll("'", String.raw`'\''`)}'`,
    },
    {
      label: 'Python',
      text: `import requests\n\nrow = ${pythonOf(pretty)}\nanswer = requests.post("${url}", json={"dataframe_records": [row]})\nprint(answer.json())`,
    },
    {
      label: 'TypeScript',
      text: `const row = ${pretty};\nconst answer = await fetch('${url}', {\n  method: 'POST',\n  headers: { 'content-type': 'application/json' },\n  body: JSON.stringify({ dataframe_records: [row] }),\n});\nconsole.log(await answer.json());`,
    },
  ];
}

/** JSON literals as Python writes them; texts are left alone. */
const pythonOf = (json: string): string =>
  json.replace(/"(?:[^"\\]|\\.)*"|\btrue\b|\bfalse\b|\bnull\b/g, (part) => PYTHON[part] ?? part);
const PYTHON: Readonly<Record<string, string>> = { true: 'True', false: 'False', null: 'None' };

/** The parts of a logged row by the prefix of its columns: `request.hour`, `feature.late_share_3h`. */
export function partOf(
  row: Readonly<Record<string, unknown>>,
  prefix: 'request' | 'feature',
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([key]) => key.startsWith(`${prefix}.`))
      .map(([key, value]) => [key.slice(prefix.length + 1), value]),
  );
}

/** A value of the log as a number, when it is one. */
export const numberOf = (value: unknown): number | null =>
  value === null || value === undefined || value === '' || Number.isNaN(Number(value)) ? null : Number(value);

/** Whether a column of a request holds moments: it is named like one and its numbers are epoch ms after 1973. */
export const isTime = (name: string, value: unknown): boolean =>
  /(^|_)(at|date|time|timestamp)$/i.test(name) && Math.abs(numberOf(value) ?? 0) > 1e11;
