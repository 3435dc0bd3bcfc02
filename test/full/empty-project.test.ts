import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rondo } from '../../src/sdk/index.ts';
import { LISTS, openBrowser, openPage, settled, violationsOf } from '../harness/browser.ts';
import { endGateway, type ServerProcess, serverProcess } from '../harness/process.ts';

const PROJECT = 'nothing-yet';

describe('a project in which nothing was made yet', () => {
  const data = mkdtempSync(join(tmpdir(), 'rondo-empty-'));
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let faults: string[];
  beforeAll(async () => {
    server = await serverProcess(data);
    const rondo = new Rondo({ url: server.url, token: server.token, project: PROJECT });
    await rondo.projects.applyProject({ body: { project: PROJECT, title: 'Nothing yet' } as never });
    browser = await openBrowser();
    ({ page, faults } = await openPage(browser, server, `/p/${PROJECT}/overview`));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await endGateway(data);
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  });

  it.each(LISTS)('%s says what will be here and how it begins, and axe finds nothing', async (route) => {
    faults.length = 0;
    await page.goto(server.url + route.replace('$project', PROJECT));
    await settled(page);
    const main = page.locator('main');
    const words = (await main.innerText()).split('\n').filter((line) => line.trim() !== '');
    // A next step: a command to copy, a button, or a link to the page where it begins.
    const steps = await main
      .locator(
        '.r-command, .r-code-block, .r-panel .r-action:not([aria-disabled]), .r-serif .r-code, .r-serif a, .r-prose a, [role="gridcell"] a',
      )
      .count();
    expect({ route, words: words.length > 1, step: steps > 0 }).toEqual({ route, words: true, step: true });
    expect(words.join(' ')).not.toMatch(/\b(NaN|undefined|null|Infinity)\b/);
    expect(await page.locator('.r-fault').count()).toBe(0);
    expect(faults).toEqual([]);
    expect(await violationsOf(page)).toEqual([]);
  });
});
