import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Rondo } from '../../src/sdk/index.ts';
import { type BrowsedServer, browsedServer, LISTS, settled, violationsOf } from '../harness/browser.ts';
import type { ServerProcess } from '../harness/process.ts';

const PROJECT = 'nothing-yet';

describe('a project in which nothing was made yet', () => {
  let server: ServerProcess;
  let browsed: BrowsedServer;
  let page: Page;
  let faults: string[];
  beforeAll(async () => {
    browsed = await browsedServer();
    ({ server } = browsed);
    const rondo = new Rondo({ url: server.url, token: server.token, project: PROJECT });
    await rondo.projects.applyProject({ body: { project: PROJECT, title: 'Nothing yet' } as never });
    ({ page, faults } = await browsed.open(`/p/${PROJECT}/overview`));
  });
  afterAll(async () => {
    await browsed?.end();
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
