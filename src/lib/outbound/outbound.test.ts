import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isListed, isPublic, parseAllowList } from './addresses.ts';
import { createOutbound } from './outbound.ts';

describe('addresses', () => {
  it.each([
    ['1.1.1.1', true],
    ['2606:4700::1111', true],
    ['64:ff9b::101:101', true],
    ['::ffff:1.1.1.1', true],
    ['127.0.0.1', false],
    ['10.0.0.1', false],
    ['172.16.0.1', false],
    ['192.168.1.1', false],
    ['169.254.169.254', false],
    ['100.64.0.1', false],
    ['0.0.0.0', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['192.0.2.1', false],
    ['198.18.0.1', false],
    ['::', false],
    ['::1', false],
    ['fe80::1', false],
    ['fd00::1', false],
    ['ff02::1', false],
    ['::ffff:10.0.0.1', false],
    ['64:ff9b::7f00:1', false],
    ['2002:7f00:1::', false],
    ['2001:db8::1', false],
  ])('%s is public: %s', (address, expected) => expect(isPublic(address)).toBe(expected));

  it('reads hosts, addresses and networks', () => {
    const list = parseAllowList('Hooks.Internal, 10.1.0.0/16,127.0.0.1 , fd00::/8');
    expect(isListed(list, 'hooks.internal', '192.168.0.1')).toBe(true);
    expect(isListed(list, 'HOOKS.internal.', '192.168.0.1')).toBe(true);
    expect(isListed(list, 'other', '10.1.2.3')).toBe(true);
    expect(isListed(list, 'other', '::ffff:10.1.2.3')).toBe(true);
    expect(isListed(list, 'other', '10.2.0.1')).toBe(false);
    expect(isListed(list, '127.0.0.1', '127.0.0.1')).toBe(true);
    expect(isListed(list, '127.0.0.2', '127.0.0.2')).toBe(false);
    expect(isListed(list, 'six', 'fd12::1')).toBe(true);
    for (const wrong of ['10.0.0.0/33', '1.2.3', 'a b', '-x', 'http://x'])
      expect(() => parseAllowList(wrong)).toThrow(/no host name, address or network/);
  });
});

describe('outbound', () => {
  const asked: { url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      asked.push({ url: request.url ?? '', headers: request.headers, body });
      if (request.url === '/silent') return;
      if (request.url === '/elsewhere') response.writeHead(302, { location: '/in' }).end();
      else if (request.url === '/busy') response.writeHead(429, { 'retry-after': '7' }).end('later');
      else if (request.url === '/long') response.writeHead(200).end('x'.repeat(1_000_000));
      else response.writeHead(200).end('thanks');
    });
  });
  let port: number;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const message = { headers: { 'x-one': '1' }, body: '{"a":"é"}' };
  const loopback = createOutbound(parseAllowList('127.0.0.1'));
  const at = (path: string, host = '127.0.0.1') => `http://${host}:${port}${path}`;

  it.each([
    [' ', "Webhook URL cannot be empty or just whitespace: ' '"],
    ['nonsense', "Invalid webhook URL scheme: ''. Allowed schemes are: https."],
    ['ftp://1.1.1.1', "Invalid webhook URL scheme: 'ftp'. Allowed schemes are: https."],
    ['http://1.1.1.1/x', "Invalid webhook URL scheme: 'http'. Allowed schemes are: https."],
    ['https://', "Webhook URL must include a hostname: 'https://'"],
    ['https:///x', "Webhook URL must include a hostname: 'https:///x'"],
    [
      'https://10.1.2.3',
      "Webhook URL must not resolve to a non-public IP address. '10.1.2.3' resolves to 10.1.2.3.",
    ],
    ['https://[::1]/', "'::1' resolves to ::1."],
    ['https://[::ffff:10.0.0.1]/', 'must not resolve to a non-public IP address'],
    ['https://localhost/', "'localhost' resolves to"],
    ['https://2130706433/', "'2130706433' resolves to 127.0.0.1."],
    ['https://0177.0.0.1/', "'0177.0.0.1' resolves to 127.0.0.1."],
    ['https://user:pw@127.1/', "'127.1' resolves to 127.0.0.1."],
    ['https://no-such.invalid/', "Cannot resolve Webhook URL hostname 'no-such.invalid': ENOTFOUND"],
  ])('refuses %j', async (url, expected) => {
    const lookup = async (host: string) => {
      if (host === 'localhost') return [{ address: '127.0.0.1', family: 4 }];
      throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
    };
    await expect(createOutbound(undefined, lookup).check(url)).rejects.toMatchObject({
      code: 'INVALID',
      message: expect.stringContaining(expected) as unknown,
    });
  });

  it('posts to what is allowed', async () => {
    await loopback.check(at('/in'));
    expect(await loopback.post(at('/in'), message)).toEqual({
      status: 200,
      body: 'thanks',
      retryAfterMs: undefined,
    });
    expect(asked.at(-1)).toMatchObject({
      body: message.body,
      headers: { 'x-one': '1', 'content-type': 'application/json' },
    });
    expect(await loopback.post(at('/busy'), message)).toMatchObject({ status: 429, retryAfterMs: 7000 });
    expect((await loopback.post(at('/long'), message)).body).toHaveLength(65_536);
  });

  it('follows no redirect', async () => {
    const before = asked.length;
    expect(await loopback.post(at('/elsewhere'), message)).toMatchObject({ status: 302 });
    expect(asked.slice(before).map((each) => each.url)).toEqual(['/elsewhere']);
  });

  it('says that nothing answered', async () => {
    const unavailable = { code: 'UNAVAILABLE', status: 503 };
    await expect(loopback.post(at('/silent'), { ...message, timeoutMs: 100 })).rejects.toMatchObject({
      ...unavailable,
      message: `The webhook at 127.0.0.1:${port} did not answer: no answer within 100 ms.`,
    });
    await expect(loopback.post('http://127.0.0.1:1/x', message)).rejects.toMatchObject(unavailable);
    const gone = createOutbound(undefined, async () => {
      throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
    });
    await expect(gone.post('https://gone.example/', message)).rejects.toMatchObject(unavailable);
  });

  it('connects to the address that was checked, whatever the name means a moment later', async () => {
    const before = asked.length;
    let answers = 0;
    const rebinding = createOutbound(parseAllowList('10.9.9.9'), async () => {
      answers++;
      return [{ address: answers === 1 ? '10.9.9.9' : '127.0.0.1', family: 4 }];
    });
    await rebinding.check(at('/in', 'hooks.example'));
    await expect(rebinding.post(at('/in', 'hooks.example'), message)).rejects.toMatchObject({
      code: 'INVALID',
    });
    expect(asked).toHaveLength(before);

    let lookups = 0;
    const once = createOutbound(parseAllowList('hooks.example'), async () => {
      lookups++;
      return [{ address: '127.0.0.1', family: 4 }];
    });
    // The system knows no such name: only the checked address can have been called.
    expect(await once.post(at('/in', 'hooks.example'), message)).toMatchObject({ status: 200 });
    expect(lookups).toBe(1);
    expect(asked.at(-1)?.headers.host).toBe(`hooks.example:${port}`);
  });

  it('refuses a host of which one address is private', async () => {
    const mixed = createOutbound(undefined, async () => [
      { address: '1.1.1.1', family: 4 },
      { address: '192.168.0.1', family: 4 },
    ]);
    await expect(mixed.post('https://mixed.example/', message)).rejects.toMatchObject({ code: 'INVALID' });
  });
});
