import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { bytes, otlp, text } from '../../../test/harness/otlp.ts';
import { openBlobs } from '../../artifacts/index.ts';
import { createEvents, createSignals } from '../../events/index.ts';
import { ANONYMOUS } from '../identity/schema.ts';
import { createLineage } from '../lineage/service.ts';
import { createProjects } from '../projects/service.ts';
import { readSpans } from './otlp/read.ts';
import { Assessment, TraceInfoInput } from './schema/traces.ts';
import { createTracking, type TrackingService } from './service.ts';
import { MetricSums, parseMetricFilter } from './trace-metrics.ts';

const DAY = Date.parse('2026-03-01T00:00:00Z');
let count = 0;
const newId = () => `tr-${(++count).toString(16).padStart(32, '0')}`;

describe.each(ENGINES)('numbers over traces on %s', (engine) => {
  let test: TestDatabase;
  let tracking: TrackingService;
  let experiment: string;
  const folder = mkdtempSync(join(tmpdir(), 'rondo-trace-metrics-'));
  const ids: string[] = [];

  beforeAll(async () => {
    test = await testDatabase(engine);
    const events = await createEvents(test.database);
    tracking = createTracking({
      database: test.database,
      events,
      signals: createSignals(),
      blobs: await openBlobs({ folder }),
      lineage: createLineage(test.database),
      projects: createProjects(test.database, events),
    });
    experiment = await tracking.createExperiment(ANONYMOUS, 'default', { name: 'measured' });
    for (const [seconds, ms, state, name, usage] of [
      [0, 100, 'OK', 'ask', '{"input_tokens": 10}'],
      [30, 300, 'OK', 'ask', '{"input_tokens": "30"}'],
      [60, 200, 'ERROR', 'look up', '{"input_tokens": 1.5}'],
      [90, 900, 'ERROR', undefined, 'no json'],
    ] as const) {
      const trace_id = newId();
      ids.push(trace_id);
      await tracking.startTrace(
        ANONYMOUS,
        'default',
        TraceInfoInput.parse({
          trace_id,
          trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } },
          request_time: new Date(DAY + seconds * 1000).toISOString(),
          execution_duration: `${ms / 1000}s`,
          state,
          tags: { ...(name ? { 'mlflow.traceName': name } : {}), team: state === 'OK' ? 'red' : 'blue' },
          trace_metadata: { 'mlflow.trace.tokenUsage': usage, 'mlflow.trace.session': `s${seconds % 60}` },
        }),
      );
    }
  });
  afterAll(async () => {
    await test.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const parsed = (answer: unknown): never =>
    ('bytes' in (answer as object)
      ? JSON.parse((answer as { bytes: Buffer }).bytes.toString())
      : answer) as never;
  const measure = async (
    view: 'TRACES' | 'SPANS' | 'ASSESSMENTS',
    metric: string,
    aggregations: string,
    more: Partial<Parameters<TrackingService['queryTraceMetrics']>[2]> = {},
  ): Promise<[Record<string, string>, Record<string, number>][]> => {
    const answer = parsed(
      await tracking.queryTraceMetrics('default', [experiment], {
        view,
        metric,
        aggregations: aggregations
          .split(' ')
          .map((each) =>
            each.startsWith('P')
              ? { aggregation_type: 'PERCENTILE' as const, percentile_value: Number(each.slice(1)) }
              : { aggregation_type: each as 'COUNT', percentile_value: undefined },
          ),
        dimensions: [],
        filters: [],
        ...more,
      }),
    ) as { data_points?: { dimensions?: Record<string, string>; values: Record<string, number> }[] };
    return (answer.data_points ?? []).map(({ dimensions = {}, values }) => [dimensions, values]);
  };

  it('aggregates by group, by bucket of time and behind filters', async () => {
    expect(await measure('TRACES', 'latency', 'AVG MIN MAX P50 P75')).toEqual([
      [{}, { AVG: 375, MIN: 100, MAX: 900, 'P50.0': 250, 'P75.0': 450 }],
    ]);
    expect(await measure('TRACES', 'trace_count', 'COUNT', { dimensions: ['trace_name'] })).toEqual([
      [{ trace_name: 'ask' }, { COUNT: 2 }],
      [{ trace_name: 'look up' }, { COUNT: 1 }],
    ]);
    const minutes = { interval: 60, start: DAY, end: DAY + 90_000 };
    expect(await measure('TRACES', 'trace_count', 'COUNT', minutes)).toEqual([
      [{ time_bucket: '2026-03-01T00:00:00+00:00' }, { COUNT: 2 }],
      [{ time_bucket: '2026-03-01T00:01:00+00:00' }, { COUNT: 2 }],
    ]);
    expect(await measure('TRACES', 'trace_count', 'COUNT', { start: DAY + 1, end: DAY + 60_000 })).toEqual([
      [{}, { COUNT: 2 }],
    ]);
    expect(await measure('TRACES', 'session_count', 'COUNT')).toEqual([[{}, { COUNT: 2 }]]);
    const red = { filters: ["trace.tag.team = 'red'", "trace.status = 'OK'"] };
    expect(await measure('TRACES', 'trace_count', 'COUNT', red)).toEqual([[{}, { COUNT: 2 }]]);
    const nobody = { filters: ["trace.tag.team = 'green'"] };
    expect(await measure('TRACES', 'latency', 'AVG', nobody)).toEqual([]);
  });

  it('counts tokens that are whole numbers, and nothing else', async () => {
    expect(await measure('TRACES', 'input_tokens', 'SUM AVG')).toEqual([[{}, { SUM: 40, AVG: 20 }]]);
  });

  it('measures spans: latency in whole milliseconds of nanoseconds, costs by model', async () => {
    const trace = newId();
    const nano = (ms: number, more: number) => String(BigInt(DAY + ms) * 1_000_000n + BigInt(more));
    const span = (number: number, end: string, model: string, cost: number) => ({
      trace: trace.slice(3),
      id: String(number).padStart(16, '0'),
      name: 'chat',
      more: { startTimeUnixNano: nano(0, 999_999), endTimeUnixNano: end },
      given: {
        'mlflow.llm.model': text(model),
        'mlflow.llm.cost': { kvlistValue: { values: [{ key: 'total_cost', value: { doubleValue: cost } }] } },
      },
    });
    const body = JSON.stringify(
      otlp([span(1, nano(10, 0), 'big', 0.5), span(2, nano(10, 999_999), 'small', 0.25)]),
    );
    const spans = await readSpans(bytes(Buffer.from(body)), 'application/json', undefined);
    await tracking.recordSpans(ANONYMOUS, 'default', experiment, spans);
    expect(await measure('SPANS', 'latency', 'MIN MAX')).toEqual([[{}, { MIN: 9, MAX: 10 }]]);
    const byModel = { dimensions: ['span_model_name'] };
    expect(await measure('SPANS', 'total_cost', 'SUM', byModel)).toEqual([
      [{ span_model_name: 'big' }, { SUM: 0.5 }],
      [{ span_model_name: 'small' }, { SUM: 0.25 }],
    ]);
    expect(await measure('SPANS', 'span_count', 'COUNT', { filters: ["span.name = 'chat'"] })).toEqual([
      [{}, { COUNT: 2 }],
    ]);
  });

  it('measures assessments that none overrides', async () => {
    const [trace = ''] = ids;
    const assess = (value: unknown, overrides?: string) =>
      tracking.createAssessment(
        ANONYMOUS,
        'default',
        trace,
        Assessment.parse({
          assessment_name: 'score',
          source: { source_type: 'HUMAN', source_id: 'ann' },
          feedback: { value },
          ...(overrides ? { overrides } : {}),
        }),
      );
    const first = await assess(0);
    await assess('yes', first.assessment_id);
    await assess(3);
    expect(await measure('ASSESSMENTS', 'assessment_value', 'AVG MIN')).toEqual([[{}, { AVG: 2, MIN: 1 }]]);
    expect(
      await measure('ASSESSMENTS', 'assessment_count', 'COUNT', { dimensions: ['assessment_value'] }),
    ).toEqual([
      [{ assessment_value: '"yes"' }, { COUNT: 1 }],
      [{ assessment_value: '3.0' }, { COUNT: 1 }],
    ]);
  });

  it('tells how two filters go together', async () => {
    const correlate = async (first: string, second: string, base?: string) =>
      parsed(await tracking.correlateTraces('default', [experiment], { first, second, base }));
    expect(await correlate("tag.team = 'red'", "status = 'OK'", 'execution_time_ms > 50')).toMatchObject({
      filter1_count: 2,
      filter2_count: 2,
      joint_count: 2,
      total_count: 4,
      npmi: expect.closeTo(1, 12),
    });
    expect(await correlate("tag.team = 'red'", "status = 'ERROR'")).toMatchObject({
      joint_count: 0,
      npmi: -1,
    });
    expect(await correlate("tag.team = 'green'", "status = 'OK'")).not.toHaveProperty('npmi');
    await expect(correlate('nonsense', "status = 'OK'")).rejects.toThrow('Invalid attribute key');
  });

  it('refuses what cannot be measured so', async () => {
    const refused = (...asked: Parameters<typeof measure>) => expect(measure(...asked)).rejects;
    await refused('TRACES', 'colour', 'COUNT').toThrow("metric_name must be one of ['trace_count', ");
    await refused('TRACES', 'latency', 'SUM').toThrow("Found invalid aggregation_type(s): ['SUM']");
    await refused('TRACES', 'latency', 'AVG', { dimensions: ['trace_status'] }).toThrow(
      'Found invalid dimension',
    );
    await refused('TRACES', 'latency', 'P101').toThrow('between 0 and 100, got 101.0');
    await refused('TRACES', 'trace_count', 'COUNT', { interval: 60 }).toThrow('are required if');
    await refused('TRACES', 'trace_count', 'COUNT', { filters: ["span.name = 'x'"] }).toThrow(
      'only supported for SPANS',
    );
  });
});

describe('what is measured', () => {
  it('lies between its extremes, whatever the order of the values', () => {
    const value = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), fc.integer({ min: 0, max: 100 }), (values, at) => {
        const types = ['COUNT', 'SUM', 'AVG', 'MIN', 'MAX'] as const;
        const pointOf = (given: readonly number[]) => {
          const sums = new MetricSums({
            view: 'TRACES',
            metric: 'latency',
            aggregations: [
              ...types.map((aggregation_type) => ({ aggregation_type, percentile_value: undefined })),
              { aggregation_type: 'PERCENTILE', percentile_value: at },
            ],
            dimensions: [],
            filters: [],
            limit: 1,
          });
          for (const each of given) sums.add({ at: 0, value: each, dimensions: [] });
          return sums.points()[0]?.values ?? {};
        };
        const point = pointOf(values);
        expect(pointOf(values.toSorted((a, b) => b - a))).toEqual(point);
        const ranked = values.toSorted((a, b) => a - b);
        expect(point).toMatchObject({ COUNT: values.length, MIN: ranked[0], MAX: ranked.at(-1) });
        // At least `at` percent of the values are not above the percentile, and the same the other way round.
        const percentile = point[`P${at}.0`] as number;
        const place = (at / 100) * (values.length - 1);
        expect(percentile).toBeGreaterThanOrEqual(ranked[Math.floor(place)] as number);
        expect(percentile).toBeLessThanOrEqual(ranked[Math.ceil(place)] as number);
      }),
    );
  });

  it.each([
    ["trace.tag.`my key` = 'a b'", { view: 'trace', entity: 'tag', key: 'my key', value: 'a b' }],
    ['trace.metadata."x.y" = "it\'s"', { view: 'trace', entity: 'metadata', key: 'x.y', value: "it's" }],
    ["trace.status='OK'", { view: 'trace', entity: 'status', key: undefined, value: 'OK' }],
  ])('reads %s', (written, filter) => {
    expect(parseMetricFilter(written, 'TRACES')).toEqual(filter);
  });

  it.each([
    '',
    'nonsense',
    "a = 'b'",
    "trace.tag = 'b'",
    "trace.status.x = 'b'",
    "trace.status != 'b'",
    'trace.status = b',
  ])('refuses %j', (written) => {
    expect(() => parseMetricFilter(written, 'TRACES')).toThrow();
  });
});
