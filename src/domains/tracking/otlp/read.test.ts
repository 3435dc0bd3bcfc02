import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { exportRequest } from './messages.ts';
import { readSpans } from './read.ts';
import { bytes, otlp, text } from '../../../../test/harness/otlp.ts';

describe('OTLP bodies', () => {
  const json = 'application/json';
  const read = (body: Uint8Array, type?: string, encoding?: string) => readSpans(bytes(body), type, encoding);

  it('reads protobuf as it reads JSON', async () => {
    const type = await exportRequest();
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const given = { i: { intValue: '-9007199254740993' }, d: { doubleValue: 2 }, s: text('') };
    const spans = [
      { trace, id: 'b7ad6b7169203331', more: { status: { code: 1 } }, given },
      { trace, id: 'b7ad6b7169203332', parent: 'b7ad6b7169203331', end: 0 },
    ];
    const message = otlp(spans, { 'service.name': text('x') });
    const asBytes = structuredClone(message) as unknown as {
      resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[];
    };
    for (const span of asBytes.resourceSpans[0]?.scopeSpans[0]?.spans ?? [])
      for (const key of ['traceId', 'spanId', 'parentSpanId'])
        if (typeof span[key] === 'string') span[key] = Buffer.from(span[key], 'hex');
    const body = type.encode(type.fromObject(asBytes)).finish();
    const found = await read(body, 'application/x-protobuf');
    expect(found).toEqual(await read(Buffer.from(JSON.stringify(message)), `${json}; charset=utf-8`));
    expect(found).toEqual(await read(gzipSync(body), 'application/x-protobuf', 'gzip'));
    expect(found[0]).toMatchObject({
      traceId: `tr-${trace}`,
      parentId: null,
      status: 'OK',
      attributes: { i: '-9007199254740993', d: '2.0', s: '""' },
      resource: { 'service.name': '"x"' },
    });
    expect(found[1]).toMatchObject({ parentId: 'b7ad6b7169203331', body: { end: null } });
  });

  const deep = { arrayValue: { values: [] as unknown[] } };
  for (let level = 0; level < 200; level++) deep.arrayValue.values = [{ arrayValue: { ...deep.arrayValue } }];
  it.each<[string, Uint8Array, string | undefined, string | undefined, number, string]>([
    ['no type', Buffer.from('x'), undefined, undefined, 400, 'Invalid Content-Type: None'],
    ['another type', Buffer.from('x'), 'text/plain', undefined, 400, 'Invalid Content-Type: text/plain'],
    ['broken JSON', Buffer.from('{'), json, undefined, 400, 'Invalid OpenTelemetry format'],
    ['nothing', Buffer.from('{}'), json, undefined, 400, 'no spans found'],
    [
      'broken protobuf',
      Buffer.from([255, 255, 255]),
      'application/x-protobuf',
      undefined,
      400,
      'Invalid OpenTelemetry format',
    ],
    ['another encoding', Buffer.from('x'), json, 'br', 400, 'Unsupported Content-Encoding: br'],
    ['broken gzip', Buffer.from('x'), json, 'gzip', 400, 'Failed to decompress gzip payload'],
    ['a gzip bomb', gzipSync(Buffer.alloc(60_000_000)), json, 'gzip', 413, 'larger than'],
    [
      'no trace id',
      Buffer.from(JSON.stringify(otlp([{ trace: '', id: '1' }]))),
      json,
      undefined,
      422,
      'Cannot convert',
    ],
    [
      'a span that is no map',
      Buffer.from('{"resourceSpans":[{"scopeSpans":[{"spans":[null]}]}]}'),
      json,
      undefined,
      422,
      'Cannot convert',
    ],
    [
      'too many levels',
      Buffer.from(JSON.stringify(otlp([{ trace: '1', id: '1', given: { deep } }]))),
      json,
      undefined,
      422,
      'Cannot convert',
    ],
    [
      'too many spans',
      Buffer.from(JSON.stringify(otlp(Array.from({ length: 20_001 }, () => ({ trace: '1', id: '1' }))))),
      json,
      undefined,
      413,
      'at most 20000 spans',
    ],
  ])('refuses %s', async (_name, body, type, encoding, status, message) => {
    await expect(read(body, type, encoding)).rejects.toMatchObject({
      status,
      message: expect.stringContaining(message),
    });
  });
});
