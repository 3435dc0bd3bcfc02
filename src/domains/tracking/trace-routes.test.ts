import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer, type TestServer } from '../../../test/harness/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.end());

const V3 = '/api/3.0/mlflow/traces';
const V2 = '/api/2.0/mlflow/traces';
const call = (method: string, path: string, body?: unknown) =>
  server.call(method, path, body, { anonymous: true });
const located = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } };
let count = 0;
const newId = () => `tr-${(++count).toString(16).padStart(32, '0')}`;
const start = (id: string, more: Record<string, unknown> = {}) =>
  call('POST', V3, { trace: { trace_info: { trace_id: id, trace_location: located, ...more } } });

const spansOf = (id: string) =>
  JSON.stringify({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId: id.slice(3),
                spanId: '00000000000000a1',
                name: 'ask',
                startTimeUnixNano: '1767323045123456789',
                endTimeUnixNano: '1767323045223456789',
              },
            ],
          },
        ],
      },
    ],
  });

async function send(body: BodyInit, headers: Record<string, string>) {
  const answer = await fetch(`${server.url}/v1/traces`, { method: 'POST', body, headers });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}
const JSON_TYPE = { 'content-type': 'application/json' };

describe('spans over OTLP', () => {
  it('takes them with an empty message as answer, also compressed, and gives them back digit by digit', async () => {
    const id = newId();
    const headers = { ...JSON_TYPE, 'x-mlflow-experiment-id': '0' };
    const done = { status: 200, type: 'application/x-protobuf', text: '' };
    expect(await send(spansOf(id), headers)).toEqual(done);
    expect(await send(gzipSync(spansOf(id)), { ...headers, 'content-encoding': 'gzip' })).toEqual(done);
    const answer = await fetch(`${server.url}${V3}/get?trace_id=${id}&allow_partial=False`);
    const text = await answer.text();
    expect(text).toContain('"start_time_unix_nano":1767323045123456789,');
    expect(JSON.parse(text).trace.trace_info).toMatchObject({ state: 'OK', execution_duration: '0.100s' });
    const file = await fetch(`${server.url}/ajax-api/2.0/mlflow/get-trace-artifact?request_id=${id}`);
    expect(file.headers.get('content-disposition')).toBe('attachment; filename=traces.json');
    expect(await file.text()).toContain('"end_time_unix_nano":1767323045223456789');
  });

  it('refuses in the two forms of MLflow', async () => {
    const id = newId();
    const missing = await send(spansOf(id), JSON_TYPE);
    expect([missing.status, JSON.parse(missing.text).detail[0].loc]).toEqual([
      422,
      ['header', 'x-mlflow-experiment-id'],
    ]);
    const headers = { ...JSON_TYPE, 'x-mlflow-experiment-id': '99999' };
    const absent = await send(spansOf(id), headers);
    expect([absent.status, JSON.parse(absent.text)]).toMatchObject([
      404,
      { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'No Experiment with id=99999 exists' },
    ]);
    const broken = await send('{', { ...headers, 'x-mlflow-experiment-id': '0' });
    expect([broken.status, JSON.parse(broken.text)]).toEqual([
      400,
      { detail: 'Invalid OpenTelemetry format' },
    ]);
    const plain = await send('x', { 'content-type': 'text/plain', 'x-mlflow-experiment-id': '0' });
    expect([plain.status, JSON.parse(plain.text).detail]).toEqual([
      400,
      'Invalid Content-Type: text/plain. Expected: application/x-protobuf or application/json',
    ]);
  });

  it('does not keep them under an experiment of another project', async () => {
    await server.call('PUT', '/api/v1/projects/elsewhere', { project: 'elsewhere' });
    const made = await server.call(
      'POST',
      '/api/2.0/mlflow/experiments/create',
      { name: 'theirs' },
      { headers: { 'x-mlflow-workspace': 'elsewhere' } },
    );
    const id = newId();
    const answer = await send(spansOf(id), {
      ...JSON_TYPE,
      'x-mlflow-experiment-id': made.body.experiment_id,
    });
    expect(answer.status).toBe(404);
    expect((await call('GET', `${V3}/${id}`)).status).toBe(404);
  });
});

describe('the wire of traces', () => {
  it.each<[string, string, unknown, number, string]>([
    ['POST', V3, {}, 400, "Missing value for required parameter 'trace'."],
    ['GET', `${V3}/nope`, undefined, 404, "Trace with ID 'nope' not found."],
    ['GET', `${V3}/get?trace_id=nope`, undefined, 404, 'Trace with ID nope is not found.'],
    ['GET', `${V3}/get`, undefined, 400, "Missing value for required parameter 'trace_id'."],
    ['GET', `${V3}/batchGet`, undefined, 400, "Missing value for required parameter 'trace_ids'."],
    ['POST', `${V3}/batchGetInfos`, {}, 400, "Missing value for required parameter 'trace_ids'."],
    ['POST', `${V3}/search`, {}, 400, "Missing value for required parameter 'locations'."],
    [
      'POST',
      `${V3}/search`,
      { locations: [located], max_results: 501 },
      400,
      "Invalid value 501 for parameter 'max_results'",
    ],
    [
      'POST',
      `${V3}/search`,
      { locations: [located], max_results: 0 },
      400,
      "Invalid value 0 for parameter 'max_results'",
    ],
    ['POST', `${V3}/search`, { locations: [located], page_token: 'x' }, 400, 'Invalid page token'],
    [
      'POST',
      `${V3}/search`,
      { locations: [located], filter: "span.foo = 'x'" },
      400,
      "Invalid span attribute 'foo'.",
    ],
    ['PATCH', `${V3}/nope/tags`, { key: 'k', value: 'v' }, 404, "Trace with ID 'nope' not found."],
    ['PATCH', `${V2}/nope/tags`, { value: 'v' }, 400, "Missing value for required parameter 'key'."],
    ['PATCH', `${V3}/x/tags`, { key: 'mlflow.trace.spansLocation', value: 'v' }, 400, 'is immutable'],
    ['DELETE', `${V3}/nope/tags`, { key: 'k' }, 404, "No trace tag with key 'k' for trace with ID 'nope'"],
    [
      'POST',
      `${V2}/link-to-run`,
      { trace_ids: Array(101).fill('x'), run_id: 'r' },
      400,
      'more than 100 traces',
    ],
    ['POST', `${V2}/delete-traces`, { experiment_id: '0' }, 400, 'must be specified'],
    [
      'POST',
      `${V3}/nope/assessments`,
      { assessment: { feedback: { value: 1 } } },
      404,
      "Trace with ID 'nope' not found.",
    ],
    ['GET', `${V3}/nope/assessments/a`, undefined, 404, "Trace with request_id 'nope' not found"],
    ['GET', `${V2}/nope/info`, undefined, 404, "Trace with ID 'nope' not found."],
    ['POST', V2, { experiment_id: '0', timestamp_ms: 9e15 }, 400, 'it is no date'],
    ['GET', V2, undefined, 400, "Missing value for required parameter 'experiment_ids'."],
    [
      'GET',
      '/ajax-api/2.0/mlflow/get-trace-artifact',
      undefined,
      400,
      'Request must include the "request_id" query parameter.',
    ],
  ])('%s %s %j is %d', async (method, path, body, status, message) => {
    const answer = await call(method, path, body);
    expect([answer.status, answer.body.message]).toEqual([status, expect.stringContaining(message)]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a slash in the id', { trace_id: '../x' }],
    ['an endless id', { trace_id: 'x'.repeat(251) }],
    ['a control character in the id', { trace_id: 'a\u0000b' }],
    ['no location', { trace_location: undefined }],
    ['a location that is no experiment', { trace_location: { type: 'INFERENCE_TABLE' } }],
    ['no time', { request_time: 'yesterday' }],
    ['a broken duration', { execution_duration: '1.5' }],
    ['metadata that are no map', { trace_metadata: ['x'] }],
  ])('keeps no trace with %s', async (_what, given) => {
    expect((await start(newId(), given)).status).toBe(400);
  });

  it('answers no longer texts than MLflow does', async () => {
    const id = newId();
    await start(id, { tags: { t: 'v'.repeat(9000) }, trace_metadata: { m: 'm'.repeat(9000) } });
    const { trace_info: info } = (await call('GET', `${V3}/${id}`)).body.trace;
    expect([info.tags.t.length, info.trace_metadata.m.length]).toEqual([4096, 250]);
  });

  it('speaks API 2.0 with clients before 3.0, and shows their traces to newer ones', async () => {
    const begun = await call('POST', V2, {
      experiment_id: '0',
      timestamp_ms: 1000,
      request_metadata: [{ key: 'm', value: '1' }],
      tags: [{ key: 'mlflow.traceName', value: 'old' }],
    });
    const id = begun.body.trace_info.request_id;
    expect(begun.body.trace_info).toMatchObject({ status: 'IN_PROGRESS', execution_time_ms: 0 });
    const ended = await call('PATCH', `${V2}/${id}`, {
      timestamp_ms: 1500,
      status: 'OK',
      tags: [{ key: 'u', value: '1' }],
    });
    expect(ended.body.trace_info).toMatchObject({ status: 'OK', execution_time_ms: 500, timestamp_ms: 1000 });
    const listed = await call('GET', `${V2}?experiment_ids=0&filter=name%20%3D%20'old'&max_results=5`);
    expect(listed.body.traces).toEqual([ended.body.trace_info]);
    expect((await call('GET', `${V2}/${id}/info`)).body).toEqual(ended.body);
    const newer = (await call('GET', `${V3}/${id}`)).body.trace.trace_info;
    expect(newer).toMatchObject({ execution_duration: '0.500s', request_time: '1970-01-01T00:00:01Z' });
    const path = `/api/2.0/mlflow-artifacts/artifacts/0/traces/${id}/artifacts/traces.json`;
    await fetch(server.url + path, { method: 'PUT', body: '{"spans":[]}' });
    const file = await fetch(`${server.url}/ajax-api/2.0/mlflow/get-trace-artifact?request_id=${id}`);
    expect(await file.text()).toBe('{"spans":[]}');
  });

  it('changes the fields of an assessment that the mask names', async () => {
    const id = newId();
    await start(id);
    const made = await call('POST', `${V3}/${id}/assessments`, {
      assessment: {
        assessment_name: 'good',
        source: { source_type: 'HUMAN', source_id: 'me' },
        feedback: { value: true },
      },
    });
    const { assessment_id: one } = made.body.assessment;
    expect(one).toMatch(/^a-[0-9a-f]{32}$/);
    const changed = await call('PATCH', `${V3}/${id}/assessments/${one}`, {
      assessment: { assessment_name: 'better', feedback: { value: [1, null] }, rationale: 'unsaid' },
      update_mask: 'assessmentName,feedback',
    });
    expect(changed.body.assessment).toMatchObject({
      assessment_name: 'better',
      feedback: { value: [1, null] },
    });
    expect(changed.body.assessment).not.toHaveProperty('rationale');
    expect((await call('GET', `${V3}/${id}/assessments/${one}`)).body).toEqual(changed.body);
    expect((await call('DELETE', `${V3}/${id}/assessments/${one}`)).body).toEqual({});
  });
});
