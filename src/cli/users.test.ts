import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testServer, type TestServer } from '../../test/harness/server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PASSWORD = 'correct horse battery';

describe('users and tokens on the command line', () => {
  let server: TestServer;
  let home: string;
  let program: string;
  beforeAll(async () => {
    server = await testServer();
    home = mkdtempSync(join(tmpdir(), 'rondo-home-'));
    program = join(root, 'dist', `cli-test-${process.pid}.mjs`);
    await build({
      absWorkingDir: root,
      entryPoints: ['src/cli/main.ts'],
      outfile: program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      external: ['rondo'],
    });
  });
  afterAll(async () => {
    await server.end();
    rmSync(home, { recursive: true, force: true });
    rmSync(program, { force: true });
  });

  /** Runs a command; `typed` comes by standard input. */
  function rondo(args: string[], options: { typed?: string; token?: string } = {}) {
    const child = spawn(process.execPath, [program, '--url', server.url, ...args], {
      cwd: home,
      env: {
        PATH: process.env.PATH,
        XDG_CONFIG_HOME: home,
        ...(options.token ? { RONDO_TOKEN: options.token } : {}),
      },
    });
    child.stdin.end(options.typed ?? '');
    let [out, err] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (err += data.toString()));
    return new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
      child.once('close', (code) => resolve({ code, out: out.trim(), err })),
    );
  }
  const asAdmin = (...args: string[]) => rondo(args, { token: server.token });

  it('adds users, signs in, makes and revokes tokens', async () => {
    const short = await rondo(['users', 'add', 'ana'], { token: server.token, typed: 'short\n' });
    expect([short.code, short.err]).toEqual([1, expect.stringContaining('at least 12 characters')]);
    const added = await rondo(['users', 'add', 'Ana'], { token: server.token, typed: `${PASSWORD}\n` });
    expect(added).toMatchObject({ code: 0, out: 'Added ana, who has no role yet.' });
    expect((await asAdmin('users', 'set-role', 'ana', 'editor', '--in', 'default')).out).toBe(
      'ana is editor in default.',
    );
    expect((await asAdmin('users', 'set-role', 'ana', 'king')).code).toBe(1);

    const signedIn = await rondo(['login', 'ana'], { typed: `${PASSWORD}\n` });
    expect(signedIn.out).toContain('You are ana');
    const file = join(home, 'rondo', 'credentials.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object)).toEqual([server.url]);
    expect((await rondo(['status'])).out).toContain('You are ana');
    expect(await rondo(['users', 'list'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('FORBIDDEN'),
    });

    const { out: secret } = await rondo(['tokens', 'create', 'ci', '--role', 'viewer', '--days', '1']);
    expect(secret).toMatch(/^rondo_t_[\w-]{43}$/);
    expect((await rondo(['status'], { token: secret })).out).toContain('You are ana');
    const tokens = JSON.parse((await rondo(['--json', 'tokens', 'list'])).out) as {
      id: string;
      label: string;
    }[];
    const ci = tokens.find((token) => token.label === 'ci');
    expect((await rondo(['tokens', 'revoke', ci?.id ?? ''])).code).toBe(0);
    expect(await rondo(['status'], { token: secret })).toMatchObject({ code: 1 });

    expect((await rondo(['logout'])).out).toContain('Signed out');
    expect((await rondo(['status'])).out).toContain('You are anonymous');
    await asAdmin('users', 'disable', 'ana');
    expect(await rondo(['login', 'ana'], { typed: `${PASSWORD}\n` })).toMatchObject({ code: 1 });
  });
});
