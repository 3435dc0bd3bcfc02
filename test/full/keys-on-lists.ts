import type { Browser, Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { LISTS, openPage, settled } from '../harness/browser.ts';

/** Tests over the lists of a project with contents: help, palette, filter and rows answer to keys. */
export function keysOnLists(
  project: string,
  on: () => { browser: Browser; server: { url: string; token: string } },
): void {
  let page: Page;
  let grids = 0;
  beforeAll(async () => {
    ({ page } = await openPage(on().browser, on().server, `/p/${project}/models`));
  });

  const dialog = () => page.getByRole('dialog');
  async function opensAndCloses(key: string): Promise<void> {
    await page.keyboard.press(key);
    await dialog().waitFor();
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
  }

  it.each(LISTS)('%s: help, palette, filter and rows', async (route) => {
    const path = route.replace('$project', project);
    const link = page.locator(`nav a[href="${path}"]`);
    // The head of the page before is marked, so that what is tried is on the new one.
    await page
      .locator('h1')
      .first()
      .evaluate((head) => head.setAttribute('data-before', ''));
    if ((await link.count()) > 0) await link.first().click();
    else await page.goto(on().server.url + path);
    await page.locator('h1:not([data-before])').first().waitFor();
    await settled(page);
    await opensAndCloses('?');
    await opensAndCloses('Control+k');
    // `/` goes to the filter of the page where there is one, else to the search over everything.
    await page.keyboard.press('/');
    if ((await page.locator('[data-filter]').count()) > 0) {
      await expect
        .poll(() => page.evaluate(() => document.activeElement?.matches('[data-filter]')))
        .toBe(true);
      await page.keyboard.press('Escape');
    } else {
      await dialog().waitFor();
      await page.keyboard.press('Escape');
      await dialog().waitFor({ state: 'detached' });
    }
    for (const grid of await page.getByRole('grid').all()) {
      if (Number(await grid.getAttribute('aria-rowcount')) < 3) continue;
      grids++;
      await grid.focus();
      const active = () => grid.getAttribute('aria-activedescendant');
      const first = await active();
      await page.keyboard.press('j');
      await expect.poll(active).not.toBe(first);
      await page.keyboard.press('k');
      await expect.poll(active).toBe(first);
    }
  });

  it('were tried on the tables of most lists', () => {
    expect(grids).toBeGreaterThan(8);
  });
}
