import type { Scenario, Step } from '../step.ts';

const API = '/api/3.0/mlflow/traces';
const ids = ['{{exp}}'];
const id = (number: number) => `tr-${String(number).padStart(32, 'a')}`;
const DAY = Date.parse('2026-03-01T12:00:00Z');
const at = (seconds: number) => new Date(DAY + seconds * 1000).toISOString().replace('.000Z', 'Z');
const nano = (ms: number, more = 0) => String(BigInt(DAY + ms) * 1_000_000n + BigInt(more));

/** What the traces differ in. Sums are of halves and wholes, so that no order of adding changes them. */
const TRACES: readonly {
  seconds: number;
  duration?: string;
  state: string;
  name?: string;
  tag?: string;
  metadata?: Record<string, string>;
}[] = [
  { seconds: 0, duration: '0.100s', state: 'OK', name: 'ask', tag: 'red', metadata: tokens(10, 20) },
  { seconds: 10, duration: '1.0019999s', state: 'OK', name: 'ask', tag: 'red', metadata: tokens(30, 5) },
  { seconds: 20, duration: '0.0009999s', state: 'ERROR', name: 'ask', tag: 'blue' },
  {
    seconds: 70,
    duration: '2s',
    state: 'OK',
    name: 'look up',
    tag: 'blue',
    metadata: { 'mlflow.trace.session': 's1' },
  },
  {
    seconds: 130,
    duration: '4.500s',
    state: 'ERROR',
    name: 'look up',
    metadata: { 'mlflow.trace.session': 's1' },
  },
  { seconds: 185, duration: '0.001999999s', state: 'OK' },
  { seconds: 190, state: 'IN_PROGRESS', metadata: { 'mlflow.trace.session': 's2' } },
];

function tokens(input: number, output: number): Record<string, string> {
  const usage = { input_tokens: input, output_tokens: output, total_tokens: input + output };
  return {
    'mlflow.trace.tokenUsage': JSON.stringify(usage).replace(/([,:])/g, '$1 '),
    'mlflow.trace.session': `s${input}`,
  };
}

const start = (number: number, more: Record<string, unknown>): Step => [
  `start ${number}`,
  `POST ${API}`,
  {
    trace: {
      trace_info: {
        trace_id: id(number),
        trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '{{exp}}' } },
        ...more,
      },
    },
  },
];

/** A value in OTLP's JSON. */
const any = (value: unknown): unknown =>
  typeof value === 'string'
    ? { stringValue: value }
    : typeof value === 'number'
      ? { doubleValue: value }
      : { kvlistValue: { values: attributesOf(value as Record<string, unknown>) } };

const attributesOf = (values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value: any(value) }));

/** One span of a trace of its own in OTLP's JSON. */
const span = (
  label: string,
  number: number,
  name: string,
  from: string,
  to: string | undefined,
  attributes: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): Step => [
  label,
  'POST /v1/traces',
  {
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId: id(number).slice(3),
                spanId: String(number).padStart(16, 'b'),
                name,
                startTimeUnixNano: from,
                ...(to === undefined ? {} : { endTimeUnixNano: to }),
                attributes: attributesOf({ 'mlflow.traceTag.mlflow.traceName': name, ...attributes }),
                ...more,
              },
            ],
          },
        ],
      },
    ],
  },
  { headers: { 'x-mlflow-experiment-id': '{{exp}}' } },
];

/** A span whose trace nobody has named, in the other experiment. */
function unnamed(number: number): Step[] {
  const [label, line, body, options] = span('span unnamed', number, 'alone', nano(0), nano(1));
  const text = JSON.stringify(body).replace('mlflow.traceTag.mlflow.traceName', 'other');
  const headers = { 'x-mlflow-experiment-id': '{{other}}' };
  return [
    [label, line, text, { ...options, headers }],
    ['get unnamed', `GET ${API}/${id(number)}`],
  ];
}

const cost = (input: number, output: number) => ({
  input_cost: input,
  output_cost: output,
  total_cost: input + output,
});
const model = (name: string, provider: string) => ({
  'mlflow.llm.model': name,
  'mlflow.llm.provider': provider,
});

const assess = (label: string, trace: number, name: string, value: unknown): Step => [
  `assess ${label}`,
  `POST ${API}/${id(trace)}/assessments`,
  {
    assessment: {
      assessment_name: name,
      source: { source_type: 'HUMAN', source_id: 'ann' },
      trace_id: id(trace),
      ...(name === 'expected' ? { expectation: { value } } : { feedback: { value } }),
    },
  },
];

const correlate = (
  label: string,
  first: unknown,
  second: unknown,
  more: Record<string, unknown> = {},
): Step => [
  `correlate ${label}`,
  `POST ${API}/calculate-filter-correlation`,
  { experiment_ids: ids, filter_string1: first, filter_string2: second, ...more },
];

const measure = (
  label: string,
  view: unknown,
  metric: unknown,
  given: string | readonly unknown[],
  more: Record<string, unknown> = {},
): Step => [
  `measure ${label}`,
  `POST ${API}/metrics`,
  {
    experiment_ids: ids,
    view_type: view,
    metric_name: metric,
    aggregations: typeof given === 'string' ? given.split(' ').map(aggregation) : given,
    ...more,
  },
];

const aggregation = (text: string) =>
  text.startsWith('P')
    ? { aggregation_type: 'PERCENTILE', percentile_value: Number(text.slice(1)) }
    : { aggregation_type: text };

const span3 = { start_time_ms: DAY, end_time_ms: DAY + 200_000 };
const EVERY = 'SUM AVG MIN MAX P0 P50 P90 P99.5 P100';
const LATENCY = 'AVG MIN MAX P0 P50 P90 P99.5 P100';

export const traces: Scenario = {
  name: 'traces',
  steps: [
    ['experiment', 'POST experiments/create', { name: 'traced' }, { save: { exp: 'experiment_id' } }],
    ['other', 'POST experiments/create', { name: 'traced elsewhere' }, { save: { other: 'experiment_id' } }],
    ...TRACES.map(({ seconds, duration, state, name, tag, metadata }, index) =>
      start(index, {
        request_time: at(seconds),
        ...(duration === undefined ? {} : { execution_duration: duration }),
        state,
        tags: { ...(name ? { 'mlflow.traceName': name } : {}), ...(tag ? { team: tag } : {}) },
        ...(metadata ? { trace_metadata: metadata } : {}),
      }),
    ),
    ...TRACES.map((_, index): Step => [`get ${index}`, `GET ${API}/${id(index)}`]),
    span('span', 10, 'chat', nano(0, 999_999), nano(100, 0), {
      'mlflow.spanType': 'LLM',
      'mlflow.llm.cost': cost(0.5, 1.5),
      ...model('big', 'acme'),
    }),
    span(
      'span error',
      11,
      'chat',
      nano(65_000),
      nano(65_001, 999_999),
      {
        'mlflow.spanType': 'LLM',
        'mlflow.llm.cost': cost(0.25, 0.25),
        ...model('small', 'acme'),
      },
      { status: { code: 2, message: 'no' } },
    ),
    span(
      'span tool',
      12,
      'tool',
      nano(130_000, 1),
      nano(130_010, 0),
      { 'mlflow.spanType': 'TOOL' },
      { status: { code: 1 } },
    ),
    span('span of another scheme', 13, 'other', nano(190_000), nano(193_000, 5), {
      'gen_ai.request.model': 'asked',
      'gen_ai.response.model': 'answered',
      'gen_ai.provider.name': 'else',
    }),
    ...unnamed(14),
    ...[10, 11, 12, 13].map((number): Step => [`get spans ${number}`, `GET ${API}/${id(number)}`]),
    // 15.000001 ms, but 16 between the two milliseconds; the client counts 15.
    start(20, { request_time: at(0), execution_duration: '0.015s', state: 'OK' }),
    span('span behind its trace', 20, 'late', nano(0, 999_999), nano(16)),
    ['get span behind', `GET ${API}/${id(20)}`],
    span('span before its trace', 21, 'early', nano(0, 999_999), nano(16)),
    ['get span alone', `GET ${API}/${id(21)}`],
    start(21, { request_time: at(0), execution_duration: '0.015s', state: 'OK' }),
    ['get span before', `GET ${API}/${id(21)}`],
    assess('number', 0, 'score', 0.5),
    assess('whole', 1, 'score', 3),
    assess('yes', 2, 'fine', 'yes'),
    assess('no', 3, 'fine', 'No'),
    assess('true', 4, 'fine', true),
    assess('text', 4, 'note', 'größer'),
    assess('list', 3, 'note', ['a', 1]),
    assess('expected', 0, 'expected', 7),
    correlate('red and OK', "tag.team = 'red'", "status = 'OK'"),
    correlate('blue and ERROR', "tag.team = 'blue'", "status = 'ERROR'"),
    correlate('never', "tag.team = 'red'", "status = 'ERROR'"),
    correlate('same', "status = 'OK'", "status = 'OK'"),
    correlate('nothing', "tag.team = 'green'", "status = 'OK'"),
    correlate('nothing at all', "tag.team = 'green'", "tag.team = 'pink'"),
    correlate('name', "trace.name = 'ask'", 'execution_time_ms > 100'),
    correlate('base', "tag.team = 'red'", "status = 'OK'", { base_filter: "trace.name = 'ask'" }),
    correlate('base all', "trace.name = 'ask'", "status = 'OK'", { base_filter: "trace.name = 'ask'" }),
    correlate('base nothing', "tag.team = 'red'", "status = 'OK'", { base_filter: "tag.team = 'green'" }),
    correlate('base empty', "tag.team = 'red'", "status = 'OK'", { base_filter: '' }),
    correlate('feedback', 'feedback.score > 0.1', "status = 'OK'"),
    correlate('both experiments', "tag.team = 'red'", "status = 'OK'", {
      experiment_ids: ['{{exp}}', '{{other}}'],
    }),
    correlate('empty experiment', "tag.team = 'red'", "status = 'OK'", { experiment_ids: ['{{other}}'] }),
    correlate('missing experiment', "tag.team = 'red'", "status = 'OK'", { experiment_ids: ['99999'] }),
    correlate('no experiments', "tag.team = 'red'", "status = 'OK'", { experiment_ids: [] }),
    correlate('experiments as text', "tag.team = 'red'", "status = 'OK'", { experiment_ids: 'all' }),
    correlate('without first', undefined, "status = 'OK'"),
    correlate('without second', "status = 'OK'", undefined),
    correlate('empty second', "status = 'OK'", ''),
    correlate('number', 1, "status = 'OK'"),
    correlate('bad filter', 'nonsense', "status = 'OK'"),
    correlate('bad base', "status = 'OK'", "status = 'OK'", { base_filter: 'status =' }),
    measure('count', 'TRACES', 'trace_count', 'COUNT'),
    measure('count by name', 'TRACES', 'trace_count', 'COUNT', { dimensions: ['trace_name'] }),
    measure('count by status', 'TRACES', 'trace_count', 'COUNT', { dimensions: ['trace_status'] }),
    measure('count by both', 'TRACES', 'trace_count', 'COUNT', {
      dimensions: ['trace_name', 'trace_status'],
    }),
    measure('count by both turned', 'TRACES', 'trace_count', 'COUNT', {
      dimensions: ['trace_status', 'trace_name'],
    }),
    measure('count two', 'TRACES', 'trace_count', 'COUNT', { dimensions: ['trace_status'], max_results: 2 }),
    measure('count none', 'TRACES', 'trace_count', 'COUNT', { max_results: 0 }),
    measure('count per minute', 'TRACES', 'trace_count', 'COUNT', { time_interval_seconds: 60, ...span3 }),
    measure('count per hour', 'TRACES', 'trace_count', 'COUNT', { time_interval_seconds: 3600, ...span3 }),
    measure('count per 7 seconds', 'TRACES', 'trace_count', 'COUNT', { time_interval_seconds: 7, ...span3 }),
    measure('count per minute by name', 'TRACES', 'trace_count', 'COUNT', {
      time_interval_seconds: 60,
      dimensions: ['trace_name'],
      ...span3,
    }),
    measure('count since', 'TRACES', 'trace_count', 'COUNT', { start_time_ms: DAY + 20_000 }),
    measure('count until', 'TRACES', 'trace_count', 'COUNT', { end_time_ms: DAY + 20_000 }),
    measure('count within', 'TRACES', 'trace_count', 'COUNT', {
      start_time_ms: DAY + 10_000,
      end_time_ms: DAY + 70_000,
    }),
    measure('count nowhere', 'TRACES', 'trace_count', 'COUNT', { start_time_ms: DAY + 1_000_000 }),
    measure('count times as text', 'TRACES', 'trace_count', 'COUNT', { start_time_ms: String(DAY + 20_000) }),
    measure('count elsewhere', 'TRACES', 'trace_count', 'COUNT', { experiment_ids: ['{{other}}'] }),
    measure('count in both', 'TRACES', 'trace_count', 'COUNT', { experiment_ids: ['{{other}}', '{{exp}}'] }),
    measure('count where status', 'TRACES', 'trace_count', 'COUNT', { filters: ["trace.status = 'OK'"] }),
    measure('count where tag', 'TRACES', 'trace_count', 'COUNT', { filters: ["trace.tag.team = 'red'"] }),
    measure('count where name', 'TRACES', 'trace_count', 'COUNT', {
      filters: ["trace.tag.mlflow.traceName = 'ask'"],
    }),
    measure('count where quoted', 'TRACES', 'trace_count', 'COUNT', {
      filters: ["trace.tag.`mlflow.traceName` = 'ask'"],
    }),
    measure('count where session', 'TRACES', 'trace_count', 'COUNT', {
      filters: ["trace.metadata.mlflow.trace.session = 's1'"],
    }),
    measure('count where two', 'TRACES', 'trace_count', 'COUNT', {
      filters: ["trace.status = 'OK'", 'trace.tag.team = "red"'],
    }),
    measure('count where and', 'TRACES', 'trace_count', 'COUNT', {
      filters: ["trace.status = 'OK' AND trace.tag.team = 'red'"],
    }),
    measure('count where unequal', 'TRACES', 'trace_count', 'COUNT', { filters: ["trace.status != 'OK'"] }),
    measure('count where no key', 'TRACES', 'trace_count', 'COUNT', { filters: ["trace.tag = 'OK'"] }),
    measure('count where a key', 'TRACES', 'trace_count', 'COUNT', { filters: ["trace.status.x = 'OK'"] }),
    measure('count where unknown view', 'TRACES', 'trace_count', 'COUNT', { filters: ["run.status = 'OK'"] }),
    measure('count where unknown entity', 'TRACES', 'trace_count', 'COUNT', {
      filters: ["trace.colour = 'OK'"],
    }),
    measure('count where number', 'TRACES', 'trace_count', 'COUNT', { filters: ['trace.status = 1'] }),
    measure('count where span', 'TRACES', 'trace_count', 'COUNT', { filters: ["span.name = 'chat'"] }),
    measure('count where assessment', 'TRACES', 'trace_count', 'COUNT', {
      filters: ["assessment.name = 'score'"],
    }),
    measure('count where nonsense', 'TRACES', 'trace_count', 'COUNT', { filters: ['nonsense'] }),
    measure('sessions', 'TRACES', 'session_count', 'COUNT'),
    measure('sessions per minute', 'TRACES', 'session_count', 'COUNT', {
      time_interval_seconds: 60,
      ...span3,
    }),
    measure('sessions by name', 'TRACES', 'session_count', 'COUNT', { dimensions: ['trace_name'] }),
    measure('latency', 'TRACES', 'latency', LATENCY),
    measure('latency by name', 'TRACES', 'latency', LATENCY, { dimensions: ['trace_name'] }),
    measure('latency per minute', 'TRACES', 'latency', 'AVG P75', { time_interval_seconds: 60, ...span3 }),
    measure('latency elsewhere', 'TRACES', 'latency', 'AVG P75', { experiment_ids: ['{{other}}'] }),
    measure('input tokens', 'TRACES', 'input_tokens', EVERY),
    measure('output tokens', 'TRACES', 'output_tokens', EVERY, { dimensions: ['trace_name'] }),
    measure('total tokens', 'TRACES', 'total_tokens', 'SUM'),
    measure('cached tokens', 'TRACES', 'cache_read_input_tokens', EVERY),
    measure('created tokens', 'TRACES', 'cache_creation_input_tokens', 'SUM'),
    measure('spans', 'SPANS', 'span_count', 'COUNT'),
    measure('spans by name', 'SPANS', 'span_count', 'COUNT', { dimensions: ['span_name'] }),
    measure('spans by type', 'SPANS', 'span_count', 'COUNT', { dimensions: ['span_type'] }),
    measure('spans by status', 'SPANS', 'span_count', 'COUNT', { dimensions: ['span_status'] }),
    measure('spans by model', 'SPANS', 'span_count', 'COUNT', {
      dimensions: ['span_model_name', 'span_model_provider'],
    }),
    measure('spans per minute', 'SPANS', 'span_count', 'COUNT', { time_interval_seconds: 60, ...span3 }),
    measure('spans where name', 'SPANS', 'span_count', 'COUNT', { filters: ["span.name = 'chat'"] }),
    measure('spans where type', 'SPANS', 'span_count', 'COUNT', { filters: ["span.type = 'TOOL'"] }),
    measure('spans where status', 'SPANS', 'span_count', 'COUNT', { filters: ["span.status = 'ERROR'"] }),
    measure('spans where trace', 'SPANS', 'span_count', 'COUNT', { filters: ["trace.status = 'ERROR'"] }),
    measure('span latency', 'SPANS', 'latency', LATENCY),
    measure('span latency by name', 'SPANS', 'latency', LATENCY, {
      dimensions: ['span_name', 'span_status'],
    }),
    measure('input cost', 'SPANS', 'input_cost', EVERY),
    measure('output cost', 'SPANS', 'output_cost', EVERY),
    measure('total cost by model', 'SPANS', 'total_cost', 'SUM', { dimensions: ['span_model_name'] }),
    measure('total cost per minute', 'SPANS', 'total_cost', 'SUM', { time_interval_seconds: 60, ...span3 }),
    measure('total cost within', 'SPANS', 'total_cost', 'SUM', {
      start_time_ms: DAY + 1,
      end_time_ms: DAY + 65_000,
    }),
    measure('assessments', 'ASSESSMENTS', 'assessment_count', 'COUNT'),
    measure('assessments by name', 'ASSESSMENTS', 'assessment_count', 'COUNT', {
      dimensions: ['assessment_name'],
    }),
    measure('assessments by value', 'ASSESSMENTS', 'assessment_count', 'COUNT', {
      dimensions: ['assessment_name', 'assessment_value'],
    }),
    measure('assessments per minute', 'ASSESSMENTS', 'assessment_count', 'COUNT', {
      time_interval_seconds: 60,
      ...span3,
    }),
    measure('assessments where name', 'ASSESSMENTS', 'assessment_count', 'COUNT', {
      filters: ["assessment.name = 'score'"],
    }),
    measure('assessments where type', 'ASSESSMENTS', 'assessment_count', 'COUNT', {
      filters: ["assessment.type = 'expectation'"],
    }),
    measure('assessments where trace', 'ASSESSMENTS', 'assessment_count', 'COUNT', {
      filters: ["trace.status = 'OK'"],
    }),
    measure('values', 'ASSESSMENTS', 'assessment_value', LATENCY),
    measure('values by name', 'ASSESSMENTS', 'assessment_value', LATENCY, {
      dimensions: ['assessment_name'],
    }),
    measure('unknown metric', 'TRACES', 'colour', 'COUNT'),
    measure('metric of spans', 'TRACES', 'span_count', 'COUNT'),
    measure('no metric', 'TRACES', undefined, 'COUNT'),
    measure('unknown view', 'RUNS', 'trace_count', 'COUNT'),
    measure('no view', undefined, 'trace_count', 'COUNT'),
    measure('view by number', 1, 'trace_count', 'COUNT'),
    measure('wrong aggregation', 'TRACES', 'trace_count', 'SUM AVG'),
    measure('unknown aggregation', 'TRACES', 'trace_count', 'MEDIAN'),
    measure('no aggregations', 'TRACES', 'trace_count', []),
    measure('wrong dimension', 'TRACES', 'latency', 'AVG', { dimensions: ['trace_status'] }),
    measure('wrong dimensions', 'TRACES', 'latency', 'AVG', { dimensions: ['b', 'a', 'trace_name'] }),
    measure('percentile without value', 'TRACES', 'latency', [{ aggregation_type: 'PERCENTILE' }]),
    measure('percentile too high', 'TRACES', 'latency', 'P101'),
    measure('value without percentile', 'TRACES', 'latency', [
      { aggregation_type: 'AVG', percentile_value: 5 },
    ]),
    measure('interval without times', 'TRACES', 'trace_count', 'COUNT', { time_interval_seconds: 60 }),
    measure('interval of none', 'TRACES', 'trace_count', 'COUNT', { time_interval_seconds: 0 }),
    measure('no experiments', 'TRACES', 'trace_count', 'COUNT', { experiment_ids: [] }),
    measure('missing experiment', 'TRACES', 'trace_count', 'COUNT', { experiment_ids: ['99999'] }),
  ],
};
