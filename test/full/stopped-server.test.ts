import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage, settled } from '../harness/browser.ts';
import { endGateway, type ServerProcess, serverProcess } from '../harness/process.ts';

const PROJECT = 'default';

describe('a page whose server is killed', () => {
  const data = mkdtempSync(join(tmpdir(), 'rondo-stopped-'));
  let server: ServerProcess;
  let browser: Browser;
  beforeAll(async () => {
    server = await serverProcess(data);
    browser = await openBrowser();
    for (const name of ['first', 'second', 'third']) await logged(name);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await endGateway(data);
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  });

  async function logged(name: string): Promise<void> {
    const run = await server.rondo.startRun({ experiment: 'loss', name, params: { lr: name.length } });
    await run.logMetric('loss', 0.5);
    await run.end();
  }

  it('keeps what it shows, says since when, leads out of other pages, and goes on without a reload', async () => {
    const { page } = await openPage(browser, server, `/p/${PROJECT}/experiments`);
    const names = async () =>
      (await page.getByRole('gridcell').allInnerTexts()).filter((text) =>
        /^(first|second|third|fourth)$/.test(text.trim()),
      );
    await expect.poll(names, { timeout: 60_000 }).toHaveLength(3);
    const before = await names();
    await page.evaluate(() => Object.assign(window, { sameWindow: true }));
    await page.getByRole('link', { name: 'first', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'first' }).waitFor();
    await page.goBack();
    await expect.poll(names).toEqual(before);

    await server.kill();
    const banner = page.getByText(/No connection since \d\d:\d\d:\d\d/);
    await banner.waitFor();
    expect(await names()).toEqual(before);
    expect(await banner.innerText()).toMatch(/You see data of that time; nothing can be changed/);

    // One page lacks its data, the other its code, and both say what to do.
    const fault = page.locator('.r-fault[role="alert"]').first();
    for (const name of ['second', 'Maturity']) {
      await page.getByRole('link', { name, exact: true }).first().click();
      await fault.waitFor();
      expect(await fault.innerText()).toMatch(/the server does not answer|No answer from the server/);
      expect(await fault.innerText()).toContain('Try again');
      if (name !== 'Maturity') {
        await page.goBack();
        await expect.poll(names).toEqual(before);
      }
    }
    await page.goBack();
    await expect.poll(names).toEqual(before);

    server = await serverProcess(data, { port: new URL(server.url).port });
    await logged('fourth');
    await page.getByRole('button', { name: 'Try now' }).click();
    await banner.waitFor({ state: 'detached' });
    await expect.poll(names, { timeout: 60_000 }).toHaveLength(4);
    expect(new Set(await names()).size).toBe(4);

    await page.goForward();
    await settled(page);
    await page.waitForFunction(() => document.querySelector('.r-fault') === null);
    expect(await page.locator('h1').first().innerText()).not.toBe('');
    expect(await page.evaluate(() => (window as { sameWindow?: boolean }).sameWindow)).toBe(true);
    await page.context().close();
  });
});
