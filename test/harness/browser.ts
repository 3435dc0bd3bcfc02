import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { PAGES } from '../../src/web/routes.tsx';
import { endGateway, type ServerProcess, serverProcess } from './process.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Where Debian's Chromium is, or the one that is named. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.RONDO_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });

export interface Look {
  size: { width: number; height: number };
  scheme: 'light' | 'dark';
}

/** What a page has to look right in. */
export const LOOKS: readonly [Look, ...Look[]] = [
  { size: { width: 1280, height: 900 }, scheme: 'light' },
  { size: { width: 1280, height: 900 }, scheme: 'dark' },
  { size: { width: 390, height: 844 }, scheme: 'light' },
  { size: { width: 390, height: 844 }, scheme: 'dark' },
];

export async function wear(page: Page, { size, scheme }: Look = LOOKS[0]): Promise<void> {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: scheme });
}

/**
 * What is wrong with the page as it is: what axe finds, and whether it is wider than its window. Its picture goes to the folder
 * that RONDO_FULL_PICTURES names, when somebody wants to look at it.
 */
export async function flawsOf(page: Page, name: string, { size, scheme }: Look): Promise<string[]> {
  const folder = process.env.RONDO_FULL_PICTURES;
  if (folder)
    await page.screenshot({ path: join(folder, `${name}-${size.width}-${scheme}.png`), fullPage: true });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  return [...(await violationsOf(page)), ...(wide > size.width ? [`${wide} pixels wide`] : [])];
}

/** Pages of a project that need nothing but the project: its lists. */
export const LISTS: readonly string[] = PAGES.map(({ path }) => path).filter(
  (path) => path.startsWith('/p/$project/') && !path.slice('/p/$project'.length).includes('$'),
);

/** A window that is signed in, at an address of the server; what its console complains of is gathered. */
export async function openPage(
  browser: Browser,
  server: { url: string; token: string },
  path: string,
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    colorScheme: 'light',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(`${server.url}${path}${path.includes('?') ? '&' : '?'}token=${server.token}`);
  await page.locator('h1').first().waitFor();
  return { page, faults };
}

export interface BrowsedServer {
  server: ServerProcess;
  /** A window on it; see `openPage`. */
  open(path: string): ReturnType<typeof openPage>;
  /** JSON in, JSON out of MLflow's API; every answer but 200 fails the test. */
  mlflow<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Ends both and removes what the server kept. */
  end(): Promise<void>;
}

/** A server as a program of its own, on an empty folder, and a browser. */
export async function browsedServer(
  places: Parameters<typeof serverProcess>[1] = {},
): Promise<BrowsedServer> {
  const data = mkdtempSync(join(tmpdir(), 'rondo-browsed-'));
  const server = await serverProcess(data, places);
  const browser = await openBrowser();
  return {
    server,
    open: (path) => openPage(browser, server, path),
    async mlflow<T>(method: string, path: string, body?: unknown): Promise<T> {
      const response = await fetch(`${server.url}/api/2.0/mlflow${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect([path, response.status]).toEqual([path, 200]);
      return (await response.json()) as T;
    },
    async end() {
      await browser.close();
      await server.stop();
      await endGateway(data);
      rmSync(data, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Until nothing on the page is awaited any more: every question is answered, and no bars are left. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => document.querySelector('.r-loading') === null);
}

/** What axe finds wrong. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const runner = (
      globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> };
      }
    ).axe;
    return (await runner.run()).violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
    );
  });
}
