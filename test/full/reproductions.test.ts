import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage, settled, violationsOf } from '../harness/browser.ts';
import { runCli } from '../harness/cli.ts';
import { endGateway, type ServerProcess, serverProcess } from '../harness/process.ts';

/** Where screenshots go, when somebody wants to look at them. */
const PICTURES = process.env.RONDO_FULL_PICTURES;
/** Logs what it is told to, so that a reproduction may come out otherwise. */
const TRAINING = `
const [key, value] = ['log_loss', Number(process.env.LOSS ?? 0.47)];
await fetch(process.env.RONDO_URL + '/api/2.0/mlflow/runs/log-metric', {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer ' + process.env.RONDO_TOKEN },
  body: JSON.stringify({ run_id: process.env.RONDO_RUN_ID, key, value, timestamp: 1 }),
});
`;

describe('what a run page says of reproductions, in Chromium', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rondo-badge-')));
  const code = join(folder, 'code');
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let faults: string[];
  let run: string;

  const git = (...args: string[]) =>
    execFileSync('git', ['-C', code, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);
  const rondo = (words: string[], env: Record<string, string> = {}) =>
    runCli(words, {
      cwd: code,
      env: { RONDO_URL: server.url, RONDO_TOKEN: server.token, XDG_STATE_HOME: folder, ...env },
    });
  const open = async (id: string, search = '') => {
    await page.goto(`${server.url}/p/default/runs/${id}${search}`);
    await settled(page);
  };
  const lead = () => page.locator('.r-lead').innerText();

  beforeAll(async () => {
    server = await serverProcess(join(folder, 'data'));
    mkdirSync(code);
    writeFileSync(join(code, 'train.mjs'), TRAINING);
    git('init', '-q', '-b', 'main');
    git('add', '-A');
    git('commit', '-q', '-m', 'first');
    writeFileSync(join(code, 'train.mjs'), `${TRAINING}// changed since\n`);
    const ran = await rondo(['runs', 'exec', '--name', 'as-of-s3', '--', 'node', 'train.mjs']);
    run = /^Run (\w{32}):/m.exec(ran.err)?.[1] ?? '';
    browser = await openBrowser();
    ({ page, faults } = await openPage(browser, server, `/p/default/runs/${run}`));
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await endGateway(join(folder, 'data'));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('says nothing before anybody tried, and shows the command to try', async () => {
    await open(run);
    expect(await lead()).not.toContain('eproduced');
    await page.getByRole('button', { name: 'Reproduce', exact: true }).click();
    await page.getByText(`rondo runs reproduce ${run}`, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Its lock' }).click();
    await page.getByText(`rondo runs reproduce ${run} --env locked`, { exact: true }).waitFor();
    if (PICTURES) await page.screenshot({ path: join(PICTURES, 'reproduce-dialog.png') });
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
  });

  it('says that it did not come out the same, and by what', async () => {
    expect(await rondo(['runs', 'reproduce', run], { LOSS: '0.51' })).toMatchObject({ code: 1 });
    await open(run);
    await expect.poll(lead).toContain('Not reproduced: log_loss 0.51');
    expect(await lead()).toContain('instead of 0.47');
  });

  it('says that it did, where and how near, and leads from one to the other', async () => {
    expect(await rondo(['runs', 'reproduce', run], { LOSS: '0.4701' })).toMatchObject({ code: 0 });
    await open(run, '?tab=code');
    await expect.poll(lead).toMatch(/Reproduced on 1 machine within 0\.000\d+; 1 came out differently\./);
    await page.locator('.r-patch-line[data-kind="new"]', { hasText: '+// changed since' }).waitFor();
    await page.getByText('node train.mjs', { exact: true }).waitFor();
    const links = page.getByRole('link', { name: 'as-of-s3, reproduced' });
    await expect.poll(() => links.count()).toBe(2);
    for (const [name, size] of [
      ['wide', { width: 1280, height: 900 }],
      ['narrow', { width: 390, height: 844 }],
    ] as const) {
      await page.setViewportSize(size);
      await settled(page);
      expect(await violationsOf(page)).toEqual([]);
      if (PICTURES) await page.screenshot({ path: join(PICTURES, `reproduced-${name}.png`), fullPage: true });
    }
    await page.setViewportSize({ width: 1280, height: 900 });
    await links.first().click();
    await page.getByRole('link', { name: run.slice(0, 8) }).click();
    await expect.poll(() => page.url()).toContain(run);
    expect(faults).toEqual([]);
  });

  it('shows it in the table of runs, once the column is picked', async () => {
    await page.goto(`${server.url}/p/default/experiments`);
    await settled(page);
    const grid = page.getByRole('grid', { name: 'Runs' });
    await grid.getByRole('row').nth(3).waitFor();
    await page.getByRole('button', { name: /^Columns/ }).click();
    await page.getByRole('checkbox', { name: 'reproduced', exact: true }).check();
    await page.waitForURL(/cols=.*reproduced/);
    await page.keyboard.press('Escape');
    await grid.getByText('Reproduced', { exact: true }).waitFor();
    await grid.getByText('not tried', { exact: true }).first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
    expect(faults).toEqual([]);
  });
});
