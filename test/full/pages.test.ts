import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The data folder of a finished quickstart, when there is one: then pages are looked at with real contents, else empty. */
const data = process.env.RONDO_FULL_DATA ?? mkdtempSync(join(tmpdir(), 'rondo-pages-'));
const project = process.env.RONDO_FULL_DATA ? 'flights' : 'default';

const PAGES = [
  'overview',
  'charter',
  'datasets',
  'features',
  'experiments',
  'pipelines',
  'models',
  'releases',
  'endpoints',
  'rollouts',
  'monitors',
  'predictions',
  'automation',
  'maturity',
  'lineage',
  'settings',
];
const SIZES = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
];

describe('every page in Chromium', () => {
  let server: ChildProcess;
  let url: string;
  let token: string;
  let browser: Browser;

  beforeAll(async () => {
    server = spawn(
      process.execPath,
      [join(root, 'bin/rondo.js'), 'server', '--port', '0', '--gateway-port', '0', '--data', data],
      { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    );
    url = await new Promise<string>((resolve, reject) => {
      server.once('message', (facts: { url: string }) => resolve(facts.url));
      server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    });
    token = readFileSync(join(data, 'token'), 'utf8').trim();
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    server?.kill('SIGTERM');
    await new Promise((resolve) => server?.once('exit', resolve));
  });

  async function open(
    path: string,
    size: { width: number; height: number },
    scheme: 'light' | 'dark',
  ): Promise<{ page: Page; faults: string[] }> {
    const context = await browser.newContext({ viewport: size, colorScheme: scheme });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    await page.goto(`${url}${path}?token=${token}`);
    await page.waitForSelector('h1', { timeout: 20_000 });
    await page.waitForTimeout(700);
    return { page, faults };
  }

  for (const name of PAGES) {
    for (const size of SIZES) {
      it(`${name} at ${size.width}: a title, an empty console, nothing wider than the window`, async () => {
        const { page, faults } = await open(`/p/${project}/${name}`, size, 'light');
        expect(await page.locator('h1').first().innerText()).not.toMatch(/no page|not found/i);
        expect(faults).toEqual([]);
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
        ).toBeLessThanOrEqual(0);
        expect(page.url()).not.toContain('token=');
        await page.context().close();
      });
    }
  }

  it.each(['light', 'dark'] as const)(
    'has no violation that axe finds on the overview, %s',
    async (scheme) => {
      const { page } = await open(
        `/p/${project}/overview`,
        SIZES[0] as { width: number; height: number },
        scheme,
      );
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => {
        const runner = (
          globalThis as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> };
          }
        ).axe;
        return (await runner.run()).violations.map(
          (violation) =>
            `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(', ')}`,
        );
      });
      expect(violations).toEqual([]);
      await page.context().close();
    },
  );

  it('opens nothing for a page of another origin', async () => {
    const response = await fetch(`${url}/api/v1/projects/${project}`, {
      headers: { origin: 'http://evil.example', authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(403);
  });
});
