import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { testTracking, type TestTracking } from '../../../test/harness/tracking.ts';
import { ANONYMOUS } from '../identity/schema.ts';
import { readSpans } from './otlp/read.ts';
import { attributes, bytes, otlp, type Sent, text } from '../../../test/harness/otlp.ts';
import { TraceInfoInput } from './schema/traces.ts';
import type { TrackingService } from './service.ts';

let count = 0;
const hex = (bytes: number) => (++count).toString(16).padStart(bytes * 2, '0');

describe.each(ENGINES)('traces on %s', (engine) => {
  let test: TestTracking;
  let tracking: TrackingService;
  let experiment: string;

  beforeAll(async () => {
    test = await testTracking(engine);
    ({ tracking } = test);
    experiment = await tracking.createExperiment(ANONYMOUS, 'default', { name: 'traced' });
  });
  afterAll(async () => {
    await test.end();
  });

  const send = async (spans: Sent[], resource: Record<string, unknown> = {}, run?: string) => {
    const body = Buffer.from(JSON.stringify(otlp(spans, resource)));
    const read = await readSpans(bytes(body), 'application/json', undefined);
    await tracking.recordSpans(ANONYMOUS, 'default', experiment, read, run);
  };
  const start = (given: Record<string, unknown>, project = 'default') =>
    tracking.startTrace(
      ANONYMOUS,
      project,
      TraceInfoInput.parse({
        trace_location: {
          type: 'MLFLOW_EXPERIMENT',
          mlflow_experiment: { experiment_id: project === 'default' ? experiment : '0' },
        },
        request_time: '2026-01-02T03:04:05.678Z',
        execution_duration: '1.5s',
        state: 'OK',
        ...given,
      }),
    );
  const parsed = (answer: { bytes: Buffer }) => JSON.parse(answer.bytes.toString()); // oxlint-disable-line typescript/no-explicit-any
  const search = async (filter = '', more: Record<string, unknown> = {}) =>
    parsed(await tracking.searchTraces('default', { experimentIds: [experiment], filter, ...more }));
  const found = async (filter: string, more: Record<string, unknown> = {}): Promise<string[]> =>
    ((await search(filter, more)).traces ?? []).map((trace: { trace_id: string }) => trace.trace_id);

  it('keeps what is said of a whole trace, and what is said again counts', async () => {
    const id = `tr-${hex(16)}`;
    const first = await start({
      trace_id: id,
      tags: { 'mlflow.traceName': 'ask', t: 'v' },
      trace_metadata: { m: '1' },
      request_preview: 'q',
    });
    expect(first).toEqual({
      trace_id: id,
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experiment } },
      request_preview: 'q',
      request_time: '2026-01-02T03:04:05.678Z',
      execution_duration: '1.500s',
      state: 'OK',
      trace_metadata: { m: '1', 'mlflow.trace.infoFinalized': 'true' },
      tags: {
        'mlflow.artifactLocation': `mlflow-artifacts:/${experiment}/traces/${id}/artifacts`,
        'mlflow.traceName': 'ask',
        t: 'v',
      },
    });
    const again = await start({ trace_id: id, tags: { n: '1' }, state: 'ERROR', execution_duration: '2s' });
    expect(again).toMatchObject({ state: 'ERROR', execution_duration: '2s', request_preview: 'q' });
    expect(again.tags).toMatchObject({ t: 'v', n: '1' });
    expect(await tracking.getTraceInfo('default', id)).toEqual(again);
  });

  it('joins spans of several requests, before and after the trace itself', async () => {
    const trace = hex(16);
    const id = `tr-${trace}`;
    const [root, child] = [hex(8), hex(8)];
    const usage = (n: number) => ({
      kvlistValue: {
        values: attributes({
          input_tokens: { intValue: n },
          output_tokens: { intValue: 1 },
          total_tokens: { intValue: n + 1 },
        }),
      },
    });
    await send([
      { trace, id: child, parent: root, start: 1100, given: { 'mlflow.chat.tokenUsage': usage(2) } },
    ]);
    expect(await tracking.getTraceInfo('default', id)).toMatchObject({
      state: 'IN_PROGRESS',
      request_time: '1970-01-01T00:00:01.100Z',
      execution_duration: '0.400s',
    });
    await send(
      [
        {
          trace,
          id: root,
          name: 'root',
          given: {
            'mlflow.spanInputs': text('hello'),
            'mlflow.traceTag.mine': text('yes'),
            'session.id': text('s1'),
            big: { intValue: '9007199254740993' },
          },
        },
        { trace, id: hex(8), parent: root, given: { 'mlflow.chat.tokenUsage': usage(5) } },
      ],
      { 'service.name': text('shop'), 'telemetry.sdk.name': text('x') },
    );
    const info = await tracking.getTraceInfo('default', id);
    expect(info).toMatchObject({
      state: 'OK',
      request_time: '1970-01-01T00:00:01Z',
      request_preview: '"hello"',
    });
    expect(info.tags).toMatchObject({ 'service.name': 'shop', mine: 'yes', 'mlflow.traceName': 'root' });
    expect(info.tags).not.toHaveProperty('telemetry.sdk.name');
    expect(info.trace_metadata).toMatchObject({
      'mlflow.trace.session': 's1',
      'mlflow.trace.tokenUsage': '{"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}',
    });
    await start({
      trace_id: id,
      tags: { 'mlflow.traceName': 'named' },
      trace_metadata: { 'mlflow.trace.tokenUsage': '{"total_tokens": 1}' },
    });
    await send([
      { trace, id: child, parent: root, start: 1, given: { 'mlflow.chat.tokenUsage': usage(100) } },
    ]);
    const last = await tracking.getTraceInfo('default', id);
    expect(last).toMatchObject({ request_time: '2026-01-02T03:04:05.678Z', execution_duration: '1.500s' });
    expect(last.tags?.['mlflow.traceName']).toBe('named');
    expect(last.trace_metadata?.['mlflow.trace.tokenUsage']).toBe('{"total_tokens": 1}');
    const whole = (await tracking.getTrace('default', id, false)).bytes.toString();
    expect(whole).toContain('{"int_value":9007199254740993}');
    expect(whole).toContain('"start_time_unix_nano":1000000001');
    expect(JSON.parse(whole).trace.spans.map((span: { name: string }) => span.name)).toEqual([
      'root',
      'span',
      'span',
    ]);
  });

  it('counts tokens of an outer span for all below it', async () => {
    const trace = hex(16);
    const [root, middle, leaf] = [hex(8), hex(8), hex(8)];
    const used = (n: number) => ({ 'gen_ai.usage.input_tokens': { intValue: n } });
    await send([
      { trace, id: leaf, parent: middle, given: used(3) },
      { trace, id: middle, parent: root },
      { trace, id: root, given: used(10) },
      { trace, id: hex(8), parent: hex(8), given: used(4) },
    ]);
    expect((await tracking.getTraceInfo('default', `tr-${trace}`)).trace_metadata).toMatchObject({
      'mlflow.trace.tokenUsage': '{"input_tokens": 14, "output_tokens": 0, "total_tokens": 14}',
    });
  });

  it('keeps what is longer than an index of a database takes', async () => {
    const trace = hex(16);
    const long = '€'.repeat(5000);
    const given = {
      'mlflow.spanType': text(long),
      'session.id': text(long),
      [long.slice(0, 4000)]: text('x'),
    };
    await send([{ trace, id: hex(8), name: long, given }], { [long]: text(long) });
    const { spans, trace_info: info } = parsed(
      await tracking.getTrace('default', `tr-${trace}`, false),
    ).trace;
    expect([spans[0].name.length, spans[0].attributes[0].value.string_value.length]).toEqual([500, 5000]);
    expect(info.trace_metadata['mlflow.trace.session']).toHaveLength(250);
    expect(Object.keys(info.tags)).not.toContain(long);
  });

  it('keeps the last of a span that comes twice, and more spans than one statement takes', async () => {
    const trace = hex(16);
    const twice = hex(8);
    const many = Array.from({ length: 250 }, () => ({ trace, id: hex(8), parent: twice }));
    await send([{ trace, id: twice, name: 'first' }, ...many, { trace, id: twice, name: 'last' }]);
    const { spans } = parsed(await tracking.getTrace('default', `tr-${trace}`, false)).trace;
    expect([spans.length, spans[0].name]).toEqual([251, 'last']);
  });

  it('says that a trace is not whole while its client counted more spans', async () => {
    const trace = hex(16);
    const id = `tr-${trace}`;
    await start({ trace_id: id, trace_metadata: { 'mlflow.trace.sizeStats': '{"num_spans": 2}' } });
    await expect(tracking.getTrace('default', id, false)).rejects.toThrow('is not fully exported yet');
    const one = hex(8);
    await send([{ trace, id: one }]);
    expect(parsed(await tracking.batchGetTraces('default', [id]))).toEqual({});
    expect(parsed(await tracking.getTrace('default', id, true)).trace.spans).toHaveLength(1);
    await send([{ trace, id: hex(8), parent: one }]);
    expect(parsed(await tracking.batchGetTraces('default', [id, 'nope'])).traces).toHaveLength(1);
  });

  it('writes every kind of attribute as OpenTelemetry and as MLflow have it', async () => {
    const trace = hex(16);
    await send([
      {
        trace,
        id: hex(8),
        given: {
          s: text('é"\\x\u0000'),
          d: { doubleValue: 1 },
          nan: { doubleValue: 'NaN' },
          b: { boolValue: false },
          list: { arrayValue: { values: [{ intValue: 1 }, text('a'), {}] } },
          none: {},
          map: { kvlistValue: { values: [] } },
        },
        more: {
          status: { code: 2, message: 'boom' },
          events: [{ timeUnixNano: '5', name: 'ev', attributes: attributes({ x: { doubleValue: 'NaN' } }) }],
          links: [{ traceId: trace, spanId: '0000000000000001', attributes: [] }],
        },
      },
    ]);
    const [span] = parsed(await tracking.getTrace('default', `tr-${trace}`, false)).trace.spans;
    expect(
      Object.fromEntries(
        span.attributes.map((each: { key: string; value?: unknown }) => [each.key, each.value]),
      ),
    ).toEqual({
      s: { string_value: 'é"\\x\uFFFD' },
      d: { double_value: 1 },
      nan: { double_value: 'NaN' },
      b: { bool_value: false },
      list: { array_value: { values: [{ int_value: 1 }, { string_value: 'a' }, {}] } },
      none: undefined,
      map: { kvlist_value: {} },
      'mlflow.traceRequestId': { string_value: `tr-${trace}` },
    });
    expect(span).toMatchObject({
      trace_id: Buffer.from(trace, 'hex').toString('base64'),
      status: { code: 'STATUS_CODE_ERROR', message: 'boom' },
      events: [{ time_unix_nano: 5, name: 'ev' }],
      links: [{ span_id: 'AAAAAAAAAAE=' }],
    });
    const file = await tracking.openTraceFile('default', `tr-${trace}`, undefined);
    const [kept] = JSON.parse(String(file.body)).spans;
    expect(kept.attributes).toMatchObject({ d: '1.0', nan: 'NaN', list: '[1, "a", null]', b: 'false' });
    expect(kept.events[0].attributes).toEqual({ x: 'NaN' });
  });

  it('searches by everything a trace has', async () => {
    const own = await tracking.createExperiment(ANONYMOUS, 'default', { name: `searched-${hex(4)}` });
    const before = experiment;
    experiment = own;
    const run = (await tracking.createRun(ANONYMOUS, 'default', { experiment_id: own })).info.run_id;
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) {
      const trace = hex(16);
      ids.push(`tr-${trace}`);
      const root = hex(8);
      await send(
        [
          {
            trace,
            id: root,
            name: `root-${i}`,
            start: 1000 + i,
            end: 2000 + i * 10,
            more: i === 3 ? { status: { code: 2, message: 'no luck' } } : {},
            given: { 'mlflow.spanType': text('CHAIN'), model: text(i % 2 ? 'odd one' : 'even one') },
          },
          {
            trace,
            id: hex(8),
            parent: root,
            name: 'inner',
            start: 1000 + i,
            end: 1900,
            given: { 'mlflow.spanType': text(i === 5 ? 'TOOL' : 'LLM'), size: { intValue: i } },
          },
        ],
        {},
        i === 2 ? run : undefined,
      );
      await tracking.setTraceTag(ANONYMOUS, 'default', `tr-${trace}`, 'half', i < 3 ? 'low' : 'high');
    }
    await tracking.linkTracesToRun(ANONYMOUS, 'default', [ids[4] as string, 'nope'], run);
    await tracking.linkPromptsToTrace(ANONYMOUS, 'default', ids[1] as string, [{ name: 'p', version: '2' }]);
    const assess = (i: number, name: string, value: string | number | boolean) =>
      tracking.createAssessment(ANONYMOUS, 'default', ids[i] as string, {
        ...EMPTY,
        assessment_name: name,
        feedback: { value, error: undefined },
      });
    await assess(0, 'good', true);
    await assess(1, 'good', false);
    await assess(2, 'score', 0.25);
    await assess(6, 'score', 0.75);
    const numbers = async (filter: string, more = {}) =>
      (await found(filter, more)).map((id) => ids.indexOf(id));
    const cases: [string, number[]][] = [
      ['', [6, 5, 4, 3, 2, 1, 0]],
      ["trace.status = 'ERROR'", [3]],
      ["attributes.status IN ('ERROR', 'X')", [3]],
      ["tags.half = 'low'", [2, 1, 0]],
      ["tag.half LIKE 'h%' AND timestamp_ms < 1005", [4, 3]],
      ["span.name = 'root-4'", [4]],
      ["name = 'root-4'", [4]],
      ["span.type = 'TOOL'", [5]],
      ["span.name = 'inner' AND span.type = 'CHAIN'", []],
      ["span.name = 'inner' AND span.type = 'TOOL'", [5]],
      ["span.status = 'ERROR' OR span.type = 'TOOL'", [5, 3]],
      ["span.attributes.model = 'odd one'", [5, 3, 1]],
      ["span.attributes.model LIKE '%even%' AND NOT tags.half = 'low'", [6, 4]],
      ["span.attributes.size = '5'", [5]],
      ["span.attributes.`size` RLIKE '^[01]$'", [1, 0]],
      ["trace.text LIKE '%no luck%'", [3]],
      ["text ILIKE '%NO LUCK%'", [3]],
      [`run_id = '${run}'`, [4, 2]],
      ["prompt = 'p/2'", [1]],
      ["feedback.good = 'true'", [0]],
      ["feedback.good != 'true'", [1]],
      ['feedback.score > 0.5', [6]],
      ["feedback.good IS NOT NULL AND span.name = 'inner'", [1, 0]],
      ["feedback.good IS NULL AND feedback.score IS NULL AND tags.half = 'high'", [5, 4, 3]],
      ['execution_time_ms >= 1045', [6, 5]],
      ['end_time > 2045', [6, 5]],
      [`request_id = '${ids[0]}'`, [0]],
      ['timestamp > now() - 1d', []],
    ];
    for (const [filter, expected] of cases)
      expect([filter, await numbers(filter)]).toEqual([filter, expected]);
    for (const order of [
      ['execution_time_ms DESC'],
      ['tags.half', 'timestamp'],
      ['name DESC'],
      ['run_id'],
      [],
    ]) {
      const all = await found('', { orderBy: order });
      const paged: string[] = [];
      let token: string | undefined;
      do {
        const page = await search('', { orderBy: order, limit: 3, token });
        paged.push(...page.traces.map((trace: { trace_id: string }) => trace.trace_id));
        token = page.next_page_token;
      } while (token);
      expect(paged).toEqual(all);
      expect(paged).toHaveLength(7);
    }
    await expect(found("span.nope = 'x'")).rejects.toMatchObject({ details: { position: 0 } });
    experiment = before;
  });

  it('keeps assessments: overridden ones are not valid until the other is gone', async () => {
    const id = `tr-${hex(16)}`;
    await start({ trace_id: id });
    const make = (given: Partial<typeof EMPTY>) =>
      tracking.createAssessment(ANONYMOUS, 'default', id, { ...EMPTY, assessment_name: 'good', ...given });
    const first = await make({ feedback: { value: true, error: undefined }, rationale: 'why' });
    const firstId = first.assessment_id ?? '';
    const second = await make({ feedback: { value: false, error: undefined }, overrides: firstId });
    expect((await tracking.getAssessment('default', id, firstId)).valid).toBe(false);
    const changed = await tracking.updateAssessment(
      ANONYMOUS,
      'default',
      id,
      firstId,
      { ...EMPTY, feedback: { value: 3, error: undefined }, metadata: { a: '1' } },
      ['feedback', 'metadata'],
    );
    expect(changed).toMatchObject({
      feedback: { value: 3 },
      metadata: { a: '1' },
      rationale: 'why',
      valid: false,
    });
    await tracking.deleteAssessment(ANONYMOUS, 'default', id, second.assessment_id ?? '');
    await tracking.deleteAssessment(ANONYMOUS, 'default', id, second.assessment_id ?? '');
    const info = await tracking.getTraceInfo('default', id);
    expect(info.assessments).toHaveLength(1);
    expect(info.assessments?.[0]).toMatchObject({ assessment_id: firstId, valid: true });
    await expect(make({ feedback: { value: 1, error: undefined }, overrides: 'a-none' })).rejects.toThrow(
      'not found',
    );
    await expect(make({})).rejects.toThrow('Unknown assessment type');
  });

  it('deletes by id or until a time, oldest first, with all that belongs to a trace', async () => {
    const own = await tracking.createExperiment(ANONYMOUS, 'default', { name: `deleted-${hex(4)}` });
    const before = experiment;
    experiment = own;
    const traces = Array.from({ length: 5 }, () => hex(16));
    for (const [i, trace] of traces.entries())
      await send([{ trace, id: hex(8), start: 1000 + i, end: 3000 }]);
    const path = `${own}/traces/tr-${traces[0]}/artifacts/traces.json`;
    await tracking.uploadArtifact(ANONYMOUS, 'default', path, bytes(Buffer.from('{}')));
    const remove = (given: { request_ids?: string[]; max_timestamp_millis?: number; max_traces?: number }) =>
      tracking.deleteTraces(ANONYMOUS, 'default', { experiment_id: own, request_ids: [], ...given });
    await expect(remove({})).rejects.toThrow('must be specified');
    await expect(remove({ request_ids: ['x'], max_traces: 1 })).rejects.toThrow("can't be specified");
    expect(await remove({ max_timestamp_millis: 1003, max_traces: 2 })).toBe(2);
    expect(await found('')).toEqual([`tr-${traces[4]}`, `tr-${traces[3]}`, `tr-${traces[2]}`]);
    await expect(tracking.openArtifact('default', path)).rejects.toThrow('No such artifact');
    expect(await remove({ request_ids: [`tr-${traces[4]}`, 'nope'] })).toBe(1);
    expect(await remove({ max_timestamp_millis: 10_000 })).toBe(2);
    const left = await test.ground.database.read
      .selectFrom('trace_spans')
      .innerJoin('traces', 'traces.id', 'trace_spans.trace')
      .select('span_id')
      .where('experiment', '=', Number(own))
      .execute();
    expect(left).toEqual([]);
    experiment = before;
  });

  it('shows no project the traces of another, even under the same id', async () => {
    const id = `tr-${hex(16)}`;
    await start({ trace_id: id, tags: { whose: 'ours' } });
    await expect(tracking.getTraceInfo('other', id)).rejects.toThrow('not found');
    await expect(tracking.setTraceTag(ANONYMOUS, 'other', id, 'k', 'v')).rejects.toThrow('not found');
    expect(parsed(await tracking.batchGetTraceInfos('other', [id]))).toEqual({});
    const theirs = await start({ trace_id: id, tags: { whose: 'theirs' } }, 'other');
    expect(theirs.tags?.whose).toBe('theirs');
    expect((await tracking.getTraceInfo('default', id)).tags?.whose).toBe('ours');
    const ask = { experimentIds: [experiment], filter: '' };
    expect(parsed(await tracking.searchTraces('other', ask))).toEqual({});
    const gone = { experiment_id: experiment, request_ids: [id] };
    expect(await tracking.deleteTraces(ANONYMOUS, 'other', gone)).toBe(0);
  });

  it('takes no trace into an experiment in the trash', async () => {
    const own = await tracking.createExperiment(ANONYMOUS, 'default', { name: `trash-${hex(4)}` });
    const before = experiment;
    experiment = own;
    const trace = hex(16);
    await send([{ trace, id: hex(8) }]);
    await tracking.deleteExperiment(ANONYMOUS, 'default', own);
    await expect(start({ trace_id: 'tr-x' })).rejects.toThrow("must be in the 'active' state");
    await expect(send([{ trace, id: hex(8) }])).rejects.toThrow("must be in the 'active' state");
    expect(await found('')).toEqual([`tr-${trace}`]);
    experiment = before;
  });

  it('loses nothing when many write to one trace at once', async () => {
    const trace = hex(16);
    const ids = Array.from({ length: 12 }, () => hex(8));
    await Promise.all([
      ...ids.map((id) => send([{ trace, id, parent: '00000000000000ff' }])),
      start({ trace_id: `tr-${trace}`, tags: { whole: 'yes' } }),
    ]);
    const whole = parsed(await tracking.getTrace('default', `tr-${trace}`, true)).trace;
    expect(whole.spans).toHaveLength(12);
    expect(whole.trace_info).toMatchObject({ state: 'OK', tags: { whole: 'yes' } });
  });
});

const EMPTY = {
  assessment_id: undefined,
  assessment_name: undefined as string | undefined,
  trace_id: undefined,
  span_id: undefined,
  source: undefined,
  create_time: undefined,
  last_update_time: undefined,
  feedback: undefined as { value: string | number | boolean; error: undefined } | undefined,
  expectation: undefined,
  issue: undefined,
  rationale: undefined as string | undefined,
  metadata: undefined as Record<string, string> | undefined,
  overrides: undefined as string | undefined,
  valid: undefined,
};
