import { createHash } from 'node:crypto';
import net from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linearRoute, putModel, routeTable } from '../../../../test/harness/gateway.ts';
import { type Answer, openPlane, type TestPlane } from '../../../../test/harness/data-plane.ts';
import { identityModel } from '../../../../test/harness/onnx.ts';
import type { EndpointRoute, TokenGrant } from '../schema/route.ts';

let plane: TestPlane;

/** Columns of every type, each answered as it came. */
function typedRoute(): EndpointRoute {
  const bytes = identityModel({ amount: 'float', flag: 'bool', id: 'int64', name: 'string' });
  const inputs = [
    { name: 'name', type: 'string' as const },
    { name: 'id', type: 'long' as const },
    { name: 'flag', type: 'boolean' as const },
    { name: 'amount', type: 'float' as const, required: false },
  ];
  const [route] = linearRoute(plane.artifacts, [{ weights: [1, 1] }]).deployments;
  return {
    ...linearRoute(plane.artifacts, [{ weights: [1, 1] }]),
    name: 'typed',
    request: inputs,
    deployments: [
      {
        ...(route as EndpointRoute['deployments'][number]),
        model: { name: 'typed', version: '1', digest: putModel(plane.artifacts, bytes), flavor: 'onnx' },
        signature: { inputs, outputs: inputs.map(({ name, type }) => ({ name: `${name}_out`, type })) },
      },
    ],
  };
}

beforeAll(async () => {
  plane = await openPlane({ requestTimeoutMs: 2_000 });
  await plane.routes.apply(
    routeTable(1, linearRoute(plane.artifacts, [{ weights: [2, 3], bias: 0.5 }]), typedRoute()),
  );
});
afterAll(() => plane.close());

const infer = (body: unknown, headers?: Record<string, string>, endpoint = 'eta') =>
  plane.call('POST', `/v2/models/${endpoint}/infer`, body, headers);
const invoke = (body: unknown, headers?: Record<string, string>, endpoint = 'eta') =>
  plane.call('POST', `/endpoints/${endpoint}/invocations`, body, headers);
const tensor = (name: string, datatype: string, data: unknown[], shape = [data.length]) => ({
  name,
  shape,
  datatype,
  data,
});
const ab = (a: unknown, b: unknown) => ({ inputs: [tensor('a', 'FP64', [a]), tensor('b', 'FP64', [b])] });

describe('Open Inference v2', () => {
  test('answers one tensor per column, a matrix, nested or flat', async () => {
    const forms = [
      { inputs: [tensor('a', 'FP64', [1, 2]), tensor('b', 'INT32', [10, 20])] },
      { inputs: [tensor('b', 'FP32', [10, 20], [2, 1]), tensor('a', 'FP64', [1, 2], [2, 1])] },
      { inputs: [tensor('x', 'FP32', [1, 10, 2, 20], [2, 2])] },
      {
        inputs: [
          {
            name: 'x',
            datatype: 'FP64',
            shape: [2, 2],
            data: [
              [1, 10],
              [2, 20],
            ],
          },
        ],
      },
    ];
    for (const form of forms) {
      const { status, json, headers } = await infer({ id: 'mine', ...form });
      expect(status).toBe(200);
      expect(json).toMatchObject({
        model_name: 'eta',
        model_version: '1',
        id: 'mine',
        outputs: [{ name: 'y', shape: [2], datatype: 'FP64', data: [32.5, 64.5] }],
      });
      const ids = (json.parameters.prediction_ids as string).split(',');
      expect(ids.length).toBe(2);
      expect(headers['x-rondo-prediction-id']).toBe(ids[0]);
      expect(ids[0]).toMatch(/^eta\.1\.1\.\d+$/);
    }
  });

  test('tells what it serves', async () => {
    expect((await plane.call('GET', '/v2')).json).toEqual({
      name: 'rondo',
      version: expect.any(String),
      extensions: ['binary_tensor_data'],
    });
    expect((await plane.call('GET', '/v2/')).status).toBe(200);
    expect((await plane.call('GET', '/v2/health/live')).json).toEqual({ live: true });
    expect((await plane.call('GET', '/v2/health/ready')).json).toEqual({ ready: true });
    expect((await plane.call('GET', '/v2/models/eta')).json).toEqual({
      name: 'eta',
      versions: ['1'],
      platform: 'onnxruntime_onnx',
      inputs: [
        { name: 'a', datatype: 'FP64', shape: [-1] },
        { name: 'b', datatype: 'FP64', shape: [-1] },
      ],
      outputs: [{ name: 'y', datatype: 'FP64', shape: [-1] }],
    });
    expect((await plane.call('GET', '/v2/models/eta/versions/1/ready')).json).toEqual({
      name: 'eta',
      ready: true,
    });
    expect((await plane.call('GET', '/v2/models/eta/versions/2')).status).toBe(404);
    expect((await plane.call('HEAD', '/v2/health/live')).text).toBe('');
  });

  test('raw tensors in and out', async () => {
    const head = JSON.stringify({
      inputs: [
        { name: 'name', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 6 } },
        { name: 'id', shape: [1], datatype: 'INT64', parameters: { binary_data_size: 8 } },
        { name: 'flag', shape: [1], datatype: 'BOOL', parameters: { binary_data_size: 1 } },
        { name: 'amount', shape: [1], datatype: 'FP32', data: [1.5] },
      ],
      outputs: [{ name: 'id_out', parameters: { binary_data: true } }, { name: 'name_out' }],
    });
    const raw = Buffer.alloc(15);
    raw.writeUInt32LE(2, 0);
    raw.write('hä'.slice(0, 1), 4);
    raw.write('i', 5);
    raw.writeBigInt64LE(9007199254740993n, 6);
    raw[14] = 1;
    const { status, headers, bytes } = await infer(
      Buffer.concat([Buffer.from(head), raw]),
      {
        'content-type': 'application/octet-stream',
        'inference-header-content-length': String(head.length),
      },
      'typed',
    );
    expect(status).toBe(200);
    const length = Number(headers['inference-header-content-length']);
    const json = JSON.parse(bytes.toString('utf8', 0, length));
    expect(json.outputs).toEqual([
      { name: 'id_out', shape: [1], datatype: 'INT64', parameters: { binary_data_size: 8 } },
      { name: 'name_out', shape: [1], datatype: 'BYTES', data: ['hi'] },
    ]);
    expect(bytes.readBigInt64LE(length)).toBe(9007199254740993n);
  });
});

describe('MLflow scoring', () => {
  const forms: [string, unknown][] = [
    [
      'dataframe_split',
      {
        dataframe_split: {
          columns: ['b', 'a'],
          index: [7, 8],
          data: [
            [10, 1],
            [20, 2],
          ],
        },
      },
    ],
    [
      'dataframe_split without columns',
      {
        dataframe_split: {
          data: [
            [1, 10],
            [2, 20],
          ],
        },
      },
    ],
    [
      'dataframe_records',
      {
        dataframe_records: [
          { a: 1, b: 10 },
          { b: 20, a: 2 },
        ],
        params: {},
      },
    ],
    [
      'instances of objects',
      {
        instances: [
          { a: 1, b: 10 },
          { a: 2, b: 20 },
        ],
      },
    ],
    [
      'instances of lists',
      {
        instances: [
          [1, 10],
          [2, 20],
        ],
      },
    ],
    ['inputs by column', { inputs: { a: [1, 2], b: [10, 20] } }],
    [
      'inputs as rows',
      {
        inputs: [
          [1, 10],
          [2, 20],
        ],
      },
    ],
  ];
  test.each(forms)('%s', async (_, body) => {
    const { status, json } = await invoke(body);
    expect(status).toBe(200);
    expect(json).toEqual({
      predictions: [32.5, 64.5],
      prediction_ids: [expect.stringMatching(/^eta/), expect.stringMatching(/^eta/)],
    });
  });

  test('CSV has the types of the columns, not of the text', async () => {
    const { json } = await invoke(
      'name,id,flag,amount\r\n"a ""b"", c",007,TRUE,\r\n,-5,false,1.5',
      { 'content-type': 'text/csv; charset=UTF-8' },
      'typed',
    );
    expect(json.predictions).toEqual([
      { name_out: 'a "b", c', id_out: 7, flag_out: true, amount_out: null },
      { name_out: '', id_out: -5, flag_out: false, amount_out: 1.5 },
    ]);
  });

  test('ping, health and version', async () => {
    expect((await plane.call('GET', '/ping')).text).toBe('\n');
    expect((await plane.call('GET', '/health')).status).toBe(200);
    expect((await plane.call('GET', '/version')).text).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

const json = 'application/json';
const typed = (row: object) => ({ dataframe_records: [{ name: 'n', id: 1, flag: true, amount: 1, ...row }] });

/** [what, request, status, what the message names] of `reference` cases P1 to P18 and the wires' own rules. */
const refused: [string, () => Promise<Answer>, number, RegExp?][] = [
  [
    'P1 shape and data disagree',
    () => infer({ inputs: [tensor('a', 'FP64', [1], [2]), tensor('b', 'FP64', [1])] }),
    422,
    /"a"/,
  ],
  ['P2 a negative shape', () => infer({ inputs: [tensor('a', 'FP64', [1], [-1])] }), 400],
  ['P2 a huge shape', () => infer({ inputs: [tensor('a', 'FP64', [1], [2 ** 31, 2 ** 31])] }), 400],
  ['P2 a fractional shape', () => infer({ inputs: [tensor('a', 'FP64', [1], [1.5])] }), 400],
  [
    'P3 more cells than fit',
    () =>
      infer(
        `{"inputs":[{"name":"a","shape":[4300000],"datatype":"INT8","data":[${'1,'.repeat(4_299_999)}1]},{"name":"b","shape":[1],"datatype":"INT8","data":[1]}]}`,
      ),
    413,
  ],
  [
    'P4 binary_data_size beyond the body',
    () =>
      infer('{"inputs":[{"name":"a","shape":[1],"datatype":"FP64","parameters":{"binary_data_size":800}}]}', {
        'inference-header-content-length': '88',
      }),
    400,
  ],
  [
    'P4 bytes left over',
    () =>
      infer(`${JSON.stringify(ab(1, 2))}xxxx`, {
        'inference-header-content-length': String(JSON.stringify(ab(1, 2)).length),
      }),
    400,
  ],
  [
    'P5 a header length beyond the body',
    () => infer(ab(1, 2), { 'inference-header-content-length': '9999' }),
    400,
  ],
  ['P5 a header length of text', () => infer(ab(1, 2), { 'inference-header-content-length': '12abc' }), 400],
  [
    'P6 an input twice',
    () => infer({ inputs: [tensor('a', 'FP64', [1]), tensor('a', 'FP64', [1])] }),
    400,
    /"a"/,
  ],
  ['P7 a missing column', () => infer({ inputs: [tensor('a', 'FP64', [1])] }), 422, /"b"/],
  ['P7 an extra column', () => infer({ inputs: [...ab(1, 2).inputs, tensor('c', 'FP64', [1])] }), 422, /"c"/],
  ['P7 a missing column, MLflow', () => invoke({ dataframe_records: [{ a: 1 }] }), 400, /"b"/],
  ['P7 an extra column, MLflow', () => invoke({ dataframe_records: [{ a: 1, b: 2, c: 3 }] }), 400, /"c"/],
  [
    'P7 a missing column, no rows',
    () => invoke({ dataframe_split: { columns: ['a'], data: [] } }),
    400,
    /"b"/,
  ],
  [
    'P8 1e400',
    () =>
      infer(
        '{"inputs":[{"name":"a","shape":[1],"datatype":"FP64","data":[1e400]},{"name":"b","shape":[1],"datatype":"FP64","data":[1]}]}',
      ),
    422,
    /"a"/,
  ],
  [
    'P8 NaN',
    () => infer('{"inputs":[{"name":"a","shape":[1],"datatype":"FP64","data":[NaN]}]}'),
    400,
    /null/,
  ],
  ['P8 beyond a 32-bit float', () => invoke(typed({ amount: 1e39 }), {}, 'typed'), 400, /"amount"/],
  [
    'P9 an integer beyond 2^53',
    () =>
      invoke(
        '{"dataframe_records":[{"name":"n","id":9007199254740993,"flag":true,"amount":1}]}',
        {},
        'typed',
      ),
    400,
    /"id"/,
  ],
  ['P10 null in an integer column', () => invoke(typed({ id: null }), {}, 'typed'), 400, /"id"/],
  ['a fraction in an integer column', () => invoke(typed({ id: 405.5 }), {}, 'typed'), 400, /"id".*405\.5/],
  ['a text in an integer column', () => invoke(typed({ id: '405' }), {}, 'typed'), 400, /"id".*"405"/],
  ['true in an integer column', () => invoke(typed({ id: true }), {}, 'typed'), 400, /"id"/],
  ['1 in a boolean column', () => invoke(typed({ flag: 1 }), {}, 'typed'), 400, /"flag"/],
  ['a list in a cell', () => invoke(typed({ amount: [1] }), {}, 'typed'), 400, /"amount"/],
  ['INT8 300', () => infer({ inputs: [tensor('a', 'INT8', [300]), tensor('b', 'INT8', [1])] }), 422, /"a"/],
  [
    'a float tensor for an integer column',
    () =>
      infer(
        {
          inputs: [tensor('name', 'BYTES', ['n']), tensor('id', 'FP64', [1]), tensor('flag', 'BOOL', [true])],
        },
        {},
        'typed',
      ),
    422,
    /"id"/,
  ],
  [
    'an unknown datatype',
    () => infer({ inputs: [tensor('a', 'COMPLEX', [1]), tensor('b', 'FP64', [1])] }),
    400,
  ],
  ['an unknown output', () => infer({ ...ab(1, 2), outputs: [{ name: 'z' }] }), 422, /"z"/],
  ['P12 depth 100000', () => infer('['.repeat(100_000)), 400],
  [
    'P13 half a surrogate pair',
    () => invoke('{"dataframe_records":[{"name":"\\ud800","id":1,"flag":true}]}', {}, 'typed'),
    400,
  ],
  ['P16 a key twice', () => infer('{"inputs":[],"inputs":[]}'), 400, /inputs/],
  [
    'P17 another charset',
    () => invoke({ instances: [[1, 2]] }, { 'content-type': `${json}; charset=latin1` }),
    415,
  ],
  [
    'P17 an unknown parameter',
    () => invoke({ instances: [[1, 2]] }, { 'content-type': `${json}; version=1` }),
    415,
  ],
  ['another media type', () => infer(ab(1, 2), { 'content-type': 'text/plain' }), 415],
  [
    'a pickle',
    () => invoke(Buffer.from([0x80, 4]), { 'content-type': 'application/vnd.bentoml+pickle' }),
    415,
  ],
  ['a form', () => invoke('a=1', { 'content-type': 'application/x-www-form-urlencoded' }), 415],
  ['P18 a gzip bomb', () => infer(gzipSync(Buffer.alloc(40 << 20, 32)), { 'content-encoding': 'gzip' }), 413],
  ['no gzip in gzip', () => infer('x', { 'content-encoding': 'gzip' }), 400],
  ['another encoding', () => infer('x', { 'content-encoding': 'br' }), 415],
  ['two forms at once', () => invoke({ instances: [[1, 2]], inputs: [[1, 2]] }), 400],
  ['no form', () => invoke({ data: [[1, 2]] }), 400],
  ['a list at the top', () => invoke([[1, 2]]), 400],
  ['a ragged row', () => invoke({ instances: [[1, 2], [1]] }), 400, /Row 1/],
  ['a ragged column', () => invoke({ inputs: { a: [1], b: [1, 2] } }), 400],
  ['ragged CSV', () => invoke('a,b\n1\n', { 'content-type': 'text/csv' }), 400],
  ['an open quote in CSV', () => invoke('a,b\n"1,2\n', { 'content-type': 'text/csv' }), 400],
  ['text in a number column of CSV', () => invoke('a,b\n1,x\n', { 'content-type': 'text/csv' }), 400, /"b"/],
  ['an event time that is none', () => infer(ab(1, 2), { 'x-rondo-event-time': 'soon' }), 400],
  ['another method', () => plane.call('GET', '/v2/models/eta/infer'), 405],
  ['an unknown endpoint', () => infer(ab(1, 2), {}, 'nobody'), 404],
  ['the repository extension', () => plane.call('POST', '/v2/repository/models/eta/load', {}), 404],
  ['a name that climbs', () => infer(ab(1, 2), {}, '..%2f..%2fetc'), 400],
  ['a name encoded twice', () => infer(ab(1, 2), {}, '%252e%252e'), 400],
  ['a backslash', () => infer(ab(1, 2), {}, 'a%5cb'), 400],
  ['a NUL', () => infer(ab(1, 2), {}, 'a%00'), 400],
  ['a broken escape', () => infer(ab(1, 2), {}, '%zz'), 400],
  ['__proto__ as an endpoint', () => infer(ab(1, 2), {}, '__proto__'), 404],
  ['a foreign origin', () => infer(ab(1, 2), { origin: 'https://evil.example' }), 403],
  ['a foreign host', () => infer(ab(1, 2), { host: 'evil.example' }), 403],
];
test.each(refused)('refuses %s', async (_, request, status, names) => {
  const answer = await request();
  expect([answer.status, answer.text]).toEqual([status, answer.text]);
  expect(answer.headers['x-rondo-prediction-id']).toBeUndefined();
  expect(answer.text).not.toMatch(/node_modules|\/src\/|\.ts\b|at .*:\d+:\d+|onnxruntime/);
  const message = answer.json?.error ?? answer.json?.message ?? answer.text;
  expect(typeof message).toBe('string');
  if (names) expect(message).toMatch(names);
  expect((await infer(ab(1, 2))).json.outputs[0].data).toEqual([8.5]);
});

describe('what passes', () => {
  test('P10 the signature stays in force after a null', async () => {
    expect((await invoke(typed({ id: null }), {}, 'typed')).status).toBe(400);
    expect((await invoke(typed({ id: 'x' }), {}, 'typed')).status).toBe(400);
  });

  test('P11 __proto__ is data', async () => {
    const answer = await invoke('{"dataframe_records":[{"a":1,"b":2,"__proto__":{"polluted":1}}]}');
    expect(answer.status).toBe(400);
    expect(answer.json.message).toContain('__proto__');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect((await invoke(typed({ name: '__proto__' }), {}, 'typed')).json.predictions[0].name_out).toBe(
      '__proto__',
    );
  });

  test('P14 an empty batch is answered with empty outputs', async () => {
    const oip = await infer({ inputs: [tensor('x', 'FP32', [], [0, 2])] });
    expect([oip.status, oip.json.outputs[0]]).toEqual([
      200,
      { name: 'y', shape: [0], datatype: 'FP64', data: [] },
    ]);
    expect((await invoke({ dataframe_split: { columns: ['a', 'b'], data: [] } })).json).toEqual({
      predictions: [],
      prediction_ids: [],
    });
  });

  test('P15 an empty text, a missing optional value, and gzip', async () => {
    expect(
      (await invoke({ dataframe_records: [{ name: '', id: 0, flag: false }] }, {}, 'typed')).json.predictions,
    ).toEqual([{ name_out: '', id_out: 0, flag_out: false, amount_out: null }]);
    expect((await infer(gzipSync(JSON.stringify(ab(1, 2))), { 'content-encoding': 'gzip' })).status).toBe(
      200,
    );
  });

  test('thousands of rows in one request come back in order', async () => {
    const instances = Array.from({ length: 3_000 }, (_, i) => [i, 0]);
    const { json: answer } = await invoke({ instances });
    expect(answer.predictions).toEqual(instances.map(([a]) => (a as number) * 2 + 0.5));
    expect(new Set(answer.prediction_ids).size).toBe(3_000);
  });
});

test('100 MB are refused before they are sent', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = net.connect(plane.port, '127.0.0.1', () =>
      socket.write(
        'POST /v2/models/eta/infer HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 104857600\r\n\r\n{',
      ),
    );
    socket.once('data', (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
});

test('a chunked body without end is cut at the limit; a hundred thousand tiny chunks do no harm', async () => {
  const head =
    'POST /v2/models/eta/infer HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
  const speak = (chunk: string, times: number, end: string) =>
    new Promise<string>((resolve) => {
      const socket = net.connect(plane.port, '127.0.0.1', () => {
        socket.write(head);
        let left = times;
        const more = () => {
          while (left > 0 && !socket.destroyed) {
            left--;
            if (!socket.write(chunk)) {
              socket.once('drain', more);
              return;
            }
          }
          socket.write(end);
        };
        more();
      });
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.on('error', () => {});
    });
  expect(await speak(`100000\r\n${' '.repeat(1 << 20)}\r\n`, 40, '')).toMatch(/^HTTP\/1\.1 413 /);
  expect(await speak('1\r\n \r\n'.repeat(100), 1_000, '0\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  expect((await infer(ab(1, 2))).status).toBe(200);
});

test('a client that sends one byte at a time is cut off', async () => {
  const started = Date.now();
  const answer = await new Promise<string>((resolve) => {
    const socket = net.connect(plane.port, '127.0.0.1');
    let text = '';
    const timer = setInterval(() => socket.write('x'), 200);
    socket.write(
      'POST /v2/models/eta/infer HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000\r\ncontent-type: application/json\r\n\r\n',
    );
    socket.on('data', (data) => (text += data.toString()));
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(timer);
      resolve(text);
    });
  });
  expect(Date.now() - started).toBeLessThan(8_000);
  expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
});

const grant = (secret: string, more: Partial<TokenGrant> = {}): TokenGrant => ({
  hash: createHash('sha256').update(secret).digest('hex'),
  expires_at: null,
  right: 'feedback',
  projects: {},
  ...more,
});

test('off loopback a token is asked for, also for feedback; health stays open', async () => {
  const guarded = await openPlane({ loopback: false });
  const route = linearRoute(guarded.artifacts, [{ weights: [1, 1] }]);
  await guarded.routes.apply({ ...routeTable(1, route), grants: [grant('a secret')] });
  const ask = (headers: Record<string, string>) =>
    guarded.call('POST', '/endpoints/eta/invocations', { instances: [[1, 2]] }, headers);
  expect((await ask({})).status).toBe(401);
  expect((await ask({ authorization: 'Bearer wrong' })).status).toBe(401);
  expect((await ask({ authorization: 'Bearer a secret' })).status).toBe(401);
  await guarded.routes.apply({
    ...routeTable(2, route),
    grants: [grant('a-secret')],
  });
  expect((await ask({ authorization: 'Bearer a-secret' })).status).toBe(200);
  expect((await guarded.call('POST', '/api/v1/feedback', { feedback: [] })).status).toBe(401);
  expect((await guarded.call('GET', '/v2/health/live')).status).toBe(200);
  await guarded.routes.apply({ ...routeTable(3, route), grants: [] });
  expect((await ask({ authorization: 'Bearer a-secret' })).status).toBe(401);
  await guarded.close();
});

test('off loopback a token counts in its projects, for what its role allows, until it expires', async () => {
  const guarded = await openPlane({ loopback: false });
  const route = linearRoute(guarded.artifacts, [{ weights: [1, 1] }]);
  const { project } = route;
  const grants = [
    grant('viewer', { right: 'score' }),
    grant('elsewhere', { right: 'none', projects: { another: 'feedback' } }),
    grant('shut-out', { right: 'feedback', projects: { [project]: 'none' } }),
    grant('member', { right: 'none', projects: { [project]: 'feedback' } }),
    grant('expired', { expires_at: Date.now() - 1 }),
    grant('short', { expires_at: Date.now() + 400 }),
  ];
  await guarded.routes.apply({ ...routeTable(1, route), grants });
  const ask = async (
    secret: string,
    path = '/endpoints/eta/invocations',
    body: unknown = { instances: [[1, 2]] },
  ) => guarded.call('POST', path, body, { authorization: `Bearer ${secret}` });
  const answered = await ask('viewer');
  expect(answered.status).toBe(200);
  expect((await ask('member')).status).toBe(200);
  expect((await ask('short')).status).toBe(200);
  expect((await ask('expired')).status).toBe(401);
  for (const secret of ['elsewhere', 'shut-out']) {
    const hidden = await ask(secret);
    expect(hidden.status, secret).toBe(404);
    const missing = await ask(secret, '/endpoints/eta2/invocations');
    expect(hidden.text.replaceAll('eta', 'x'), secret).toBe(missing.text.replaceAll('eta2', 'x'));
    expect((await ask(secret, '/v2/models/eta/infer', {})).status, secret).toBe(404);
  }
  const truth = { feedback: [{ prediction_id: answered.headers['x-rondo-prediction-id'], label: 1 }] };
  expect((await ask('viewer', '/api/v1/feedback', truth)).status).toBe(403);
  expect((await ask('elsewhere', '/api/v1/feedback', truth)).status).toBe(404);
  expect((await ask('member', '/api/v1/feedback', truth)).status).toBe(200);
  const metrics = (secret: string) =>
    guarded.call('GET', '/metrics', undefined, { authorization: `Bearer ${secret}` });
  expect((await metrics('viewer')).status).toBe(200);
  expect((await metrics('member')).status).toBe(403);
  await new Promise((resolve) => setTimeout(resolve, 450));
  expect((await ask('short')).status).toBe(401);
  await guarded.close();
});

test('a closed gateway asks for a token on loopback too', async () => {
  const closed = await openPlane({ loopback: true });
  const route = linearRoute(closed.artifacts, [{ weights: [1, 1] }]);
  await closed.routes.apply({ ...routeTable(1, route), closed: true, grants: [grant('a-secret')] });
  const ask = (headers: Record<string, string>) =>
    closed.call('POST', '/endpoints/eta/invocations', { instances: [[1, 2]] }, headers);
  expect((await ask({})).status).toBe(401);
  expect((await ask({ authorization: 'Bearer a-secret' })).status).toBe(200);
  await closed.close();
});

test('metrics count what was answered', async () => {
  const { text, headers } = await plane.call('GET', '/metrics');
  expect(headers['content-type']).toContain('version=0.0.4');
  expect(text).toMatch(/rondo_gateway_requests_total\{endpoint="eta",status="200"\} \d+/);
  expect(text).toMatch(/rondo_gateway_requests_total\{endpoint="eta",status="415"\} \d+/);
  expect(text).toMatch(/rondo_gateway_request_seconds_bucket\{endpoint="eta",le="\+Inf"\} \d+/);
});
