import { describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { attributes, bytes, text } from '../../../test/harness/otlp.ts';
import { hex, traceRoom } from '../../../test/harness/traces.ts';
import { ANONYMOUS } from '../identity/schema.ts';

describe.each(ENGINES)('traces on %s', (engine) => {
  const { room, send, start, parsed, found } = traceRoom(engine);

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
      trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: room.experiment } },
      request_preview: 'q',
      request_time: '2026-01-02T03:04:05.678Z',
      execution_duration: '1.500s',
      state: 'OK',
      trace_metadata: { m: '1', 'mlflow.trace.infoFinalized': 'true' },
      tags: {
        'mlflow.artifactLocation': `mlflow-artifacts:/${room.experiment}/traces/${id}/artifacts`,
        'mlflow.traceName': 'ask',
        t: 'v',
      },
    });
    const again = await start({ trace_id: id, tags: { n: '1' }, state: 'ERROR', execution_duration: '2s' });
    expect(again).toMatchObject({ state: 'ERROR', execution_duration: '2s', request_preview: 'q' });
    expect(again.tags).toMatchObject({ t: 'v', n: '1' });
    expect(await room.tracking.getTraceInfo('default', id)).toEqual(again);
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
    expect(await room.tracking.getTraceInfo('default', id)).toMatchObject({
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
    const info = await room.tracking.getTraceInfo('default', id);
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
    const last = await room.tracking.getTraceInfo('default', id);
    expect(last).toMatchObject({ request_time: '2026-01-02T03:04:05.678Z', execution_duration: '1.500s' });
    expect(last.tags?.['mlflow.traceName']).toBe('named');
    expect(last.trace_metadata?.['mlflow.trace.tokenUsage']).toBe('{"total_tokens": 1}');
    const whole = (await room.tracking.getTrace('default', id, false)).bytes.toString();
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
    expect((await room.tracking.getTraceInfo('default', `tr-${trace}`)).trace_metadata).toMatchObject({
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
      await room.tracking.getTrace('default', `tr-${trace}`, false),
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
    const { spans } = parsed(await room.tracking.getTrace('default', `tr-${trace}`, false)).trace;
    expect([spans.length, spans[0].name]).toEqual([251, 'last']);
  });

  it('says that a trace is not whole while its client counted more spans', async () => {
    const trace = hex(16);
    const id = `tr-${trace}`;
    await start({ trace_id: id, trace_metadata: { 'mlflow.trace.sizeStats': '{"num_spans": 2}' } });
    await expect(room.tracking.getTrace('default', id, false)).rejects.toThrow('is not fully exported yet');
    const one = hex(8);
    await send([{ trace, id: one }]);
    expect(parsed(await room.tracking.batchGetTraces('default', [id]))).toEqual({});
    expect(parsed(await room.tracking.getTrace('default', id, true)).trace.spans).toHaveLength(1);
    await send([{ trace, id: hex(8), parent: one }]);
    expect(parsed(await room.tracking.batchGetTraces('default', [id, 'nope'])).traces).toHaveLength(1);
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
    const [span] = parsed(await room.tracking.getTrace('default', `tr-${trace}`, false)).trace.spans;
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
    const file = await room.tracking.openTraceFile('default', `tr-${trace}`, undefined);
    const [kept] = JSON.parse(String(file.body)).spans;
    expect(kept.attributes).toMatchObject({ d: '1.0', nan: 'NaN', list: '[1, "a", null]', b: 'false' });
    expect(kept.events[0].attributes).toEqual({ x: 'NaN' });
  });

  it('deletes by id or until a time, oldest first, with all that belongs to a trace', async () => {
    const own = await room.tracking.createExperiment(ANONYMOUS, 'default', { name: `deleted-${hex(4)}` });
    const before = room.experiment;
    room.experiment = own;
    const traces = Array.from({ length: 5 }, () => hex(16));
    for (const [i, trace] of traces.entries())
      await send([{ trace, id: hex(8), start: 1000 + i, end: 3000 }]);
    const path = `${own}/traces/tr-${traces[0]}/artifacts/traces.json`;
    await room.tracking.uploadArtifact(ANONYMOUS, 'default', path, bytes(Buffer.from('{}')));
    const remove = (given: { request_ids?: string[]; max_timestamp_millis?: number; max_traces?: number }) =>
      room.tracking.deleteTraces(ANONYMOUS, 'default', { experiment_id: own, request_ids: [], ...given });
    await expect(remove({})).rejects.toThrow('must be specified');
    await expect(remove({ request_ids: ['x'], max_traces: 1 })).rejects.toThrow("can't be specified");
    expect(await remove({ max_timestamp_millis: 1003, max_traces: 2 })).toBe(2);
    expect(await found('')).toEqual([`tr-${traces[4]}`, `tr-${traces[3]}`, `tr-${traces[2]}`]);
    await expect(room.tracking.openArtifact('default', path)).rejects.toThrow('No such artifact');
    expect(await remove({ request_ids: [`tr-${traces[4]}`, 'nope'] })).toBe(1);
    expect(await remove({ max_timestamp_millis: 10_000 })).toBe(2);
    const left = await room.ground.database.read
      .selectFrom('trace_spans')
      .innerJoin('traces', 'traces.id', 'trace_spans.trace')
      .select('span_id')
      .where('experiment', '=', Number(own))
      .execute();
    expect(left).toEqual([]);
    room.experiment = before;
  });

  it('shows no project the traces of another, even under the same id', async () => {
    const id = `tr-${hex(16)}`;
    await start({ trace_id: id, tags: { whose: 'ours' } });
    await expect(room.tracking.getTraceInfo('other', id)).rejects.toThrow('not found');
    await expect(room.tracking.setTraceTag(ANONYMOUS, 'other', id, 'k', 'v')).rejects.toThrow('not found');
    expect(parsed(await room.tracking.batchGetTraceInfos('other', [id]))).toEqual({});
    const theirs = await start({ trace_id: id, tags: { whose: 'theirs' } }, 'other');
    expect(theirs.tags?.whose).toBe('theirs');
    expect((await room.tracking.getTraceInfo('default', id)).tags?.whose).toBe('ours');
    const ask = { experimentIds: [room.experiment], filter: '' };
    expect(parsed(await room.tracking.searchTraces('other', ask))).toEqual({});
    const gone = { experiment_id: room.experiment, request_ids: [id] };
    expect(await room.tracking.deleteTraces(ANONYMOUS, 'other', gone)).toBe(0);
  });

  it('takes no trace into an room.experiment in the trash', async () => {
    const own = await room.tracking.createExperiment(ANONYMOUS, 'default', { name: `trash-${hex(4)}` });
    const before = room.experiment;
    room.experiment = own;
    const trace = hex(16);
    await send([{ trace, id: hex(8) }]);
    await room.tracking.deleteExperiment(ANONYMOUS, 'default', own);
    await expect(start({ trace_id: 'tr-x' })).rejects.toThrow("must be in the 'active' state");
    await expect(send([{ trace, id: hex(8) }])).rejects.toThrow("must be in the 'active' state");
    expect(await found('')).toEqual([`tr-${trace}`]);
    room.experiment = before;
  });

  it('loses nothing when many write to one trace at once', async () => {
    const trace = hex(16);
    const ids = Array.from({ length: 12 }, () => hex(8));
    await Promise.all([
      ...ids.map((id) => send([{ trace, id, parent: '00000000000000ff' }])),
      start({ trace_id: `tr-${trace}`, tags: { whole: 'yes' } }),
    ]);
    const whole = parsed(await room.tracking.getTrace('default', `tr-${trace}`, true)).trace;
    expect(whole.spans).toHaveLength(12);
    expect(whole.trace_info).toMatchObject({ state: 'OK', tags: { whole: 'yes' } });
  });
});
