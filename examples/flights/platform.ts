import {
  AIRPORT_RECENT,
  AS_OF_INPUTS,
  COUNTRY,
  COUNTRY_RECENT,
  type FeatureView,
  STATIC_INPUTS,
  TRANSFORMATIONS,
} from './features.ts';

/** How this example's definitions look to Rondo. */

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const ALWAYS = { from: '2000-01-01 00:00:00', to: '2100-01-01 00:00:00' };

/** Rondo cuts the periods itself, so the SQL selects all of them, and the entity is called `key`. */
function toView(view: FeatureView) {
  const sql = view.sql(ALWAYS).replaceAll('prepared_flights', 'source');
  return {
    name: view.name,
    description: view.description,
    entity: view.entity,
    source: 'landings',
    sql: `select ${view.entity} as key, * exclude (${view.entity}) from (${sql})`,
    ttl_ms: view.ttlMinutes * MINUTE,
    freshness_ms: view.freshMinutes * MINUTE,
    time_column: 'landed_at',
    lookback_ms: DAY,
    features: view.features,
  };
}

function joinOf(view: FeatureView, prefix: string, key: { column: string } | { constant: string }) {
  const inputs = AS_OF_INPUTS.filter(
    (input) => 'view' in input && input.name.startsWith(`${prefix}_`) && input.view === view.name,
  );
  const features = inputs.flatMap((input) =>
    'feature' in input && input.feature !== 'age' ? [{ feature: input.feature, as: input.name }] : [],
  );
  const age = inputs.find((input) => 'feature' in input && input.feature === 'age');
  return { view: view.name, key, features, age_as: age?.name ?? null };
}

export const SERVICE = 'flight_context';

/** What a caller sends, and how it becomes what the models read. */
export const FEATURES = {
  entities: [
    { name: 'airport', join_key: 'airport' },
    { name: 'country', join_key: 'country' },
  ],
  views: [toView(AIRPORT_RECENT), toView(COUNTRY_RECENT)],
  services: [
    {
      name: SERVICE,
      description:
        'A flight at its departure, with what was known of both airports and the country at that moment.',
      request: [
        { name: 'flight', type: 'string' as const },
        { name: 'departed_at', type: 'timestamp' as const },
        { name: 'date', type: 'timestamp' as const },
        { name: 'origin', type: 'string' as const },
        { name: 'destination', type: 'string' as const },
        { name: 'distance', type: 'double' as const },
      ],
      event_time_column: 'departed_at',
      transforms: TRANSFORMATIONS.filter(({ name, expression }) => name !== expression).map(
        ({ name, expression }) => ({ name, expression }),
      ),
      joins: [
        joinOf(AIRPORT_RECENT, 'origin', { column: 'origin' }),
        joinOf(AIRPORT_RECENT, 'destination', { column: 'destination' }),
        joinOf(COUNTRY_RECENT, 'country', { constant: COUNTRY }),
      ],
    },
  ],
};

const column = (name: string) => ({ name, type: 'double' as const, required: false });
const OUTPUT = [{ name: 'probability', type: 'double' as const }];

export const SIGNATURES = {
  asOf: { inputs: AS_OF_INPUTS.map(({ name }) => column(name)), outputs: OUTPUT },
  static: { inputs: STATIC_INPUTS.map(({ name }) => column(name)), outputs: OUTPUT },
  baseline: { inputs: [column('hour')], outputs: OUTPUT },
};

/** Expectations of every month; the profile of January is the reference of the others. */
export const CHECKS = {
  checks: [
    { expect: 'min_rows', rows: 400_000 },
    { expect: 'not_null', column: 'departed_at' },
    { expect: 'not_null', column: 'delay' },
    { expect: 'in_range', column: 'distance', min: 1, max: 6000 },
    { expect: 'matches', column: 'origin', pattern: '[A-Z0-9]{3}' },
    { expect: 'matches', column: 'destination', pattern: '[A-Z0-9]{3}' },
    { expect: 'in_range', column: 'delay', min: -120, max: 1500, mostly: 0.9999, severity: 'warn' },
    { expect: 'row', expression: 'landed_at > departed_at' },
  ],
};

export const ENDPOINT = 'flight-delay';
export const MODEL = 'flight-delay';

export const MONITORS = [
  {
    kind: 'quality' as const,
    name: 'skill',
    endpoint: ENDPOINT,
    min_rows: 1000,
    coverage: 0.8,
    // A cheap first alarm: whether a newer model is better is decided by the paired test, not by this limit.
    limit: { kind: 'share_of_evaluation' as const, share: 0.9 },
    breach: 'estimate' as const,
    breaches: { of: 1, in: 1 },
  },
  { kind: 'drift' as const, name: 'drift', endpoint: ENDPOINT, min_rows: 1000, false_alarms: 0.01 },
  { kind: 'service' as const, name: 'service', endpoint: ENDPOINT, min_rows: 1000 },
];

/** What happens by itself: a window under the limit retrains, and a version that beats the baseline asks for production. */
export const RULES = [
  {
    name: 'retrain-on-decay',
    title: 'Retrain when skill falls under its limit',
    when: { event: 'window.closed' },
    if: 'data.kind == "quality" && data.state == "breach"',
    do: [{ action: 'run_pipeline' as const, pipeline: 'flights-train', params: {} }],
    guard: {
      cooldown: '27d',
      clock: 'event' as const,
      single_flight: true as const,
      veto: { while_failed_checks: 'flights' },
    },
  },
  {
    name: 'promote-what-wins',
    title: 'Ask for production when an evaluation beats the baseline by the margin',
    when: { event: 'evaluation.finished', fields: { by: 'string' as const } },
    if: `data.model == "${MODEL}" && data.gain_low >= 0.02 && data.by != "releases"`,
    do: [
      {
        action: 'request_promotion' as const,
        model: '${data.model}',
        version: '${data.version}',
        to: 'prod',
      },
    ],
  },
];
