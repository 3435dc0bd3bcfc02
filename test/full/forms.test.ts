import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowsedServer, browsedServer, settled, violationsOf } from '../harness/browser.ts';
import type { ServerProcess } from '../harness/process.ts';
import { workshop, type Workshop } from '../pipelines/harness.ts';

const PROJECT = 'default';
const BATCH = 60;

describe('forms and live parts', () => {
  let server: ServerProcess;
  let browsed: BrowsedServer;
  let page: Page;
  let faults: string[];
  let shop: Workshop;
  beforeAll(async () => {
    browsed = await browsedServer();
    ({ server } = browsed);
    shop = workshop(server);
    ({ page, faults } = await browsed.open(`/p/${PROJECT}/settings`));
  });
  afterAll(async () => {
    shop?.end();
    await browsed?.end();
  });

  const goTo = async (path: string) => {
    await page.goto(`${server.url}/p/${PROJECT}/${path}`);
    await settled(page);
  };
  const dialog = () => page.getByRole('dialog');
  const press = (name: string | RegExp) => dialog().getByRole('button', { name, exact: true }).click();
  const choose = async (label: string, option: string | RegExp) => {
    await dialog().getByRole('combobox', { name: label }).click();
    await page.getByRole('option', { name: option }).click();
  };
  const fault = () => dialog().locator('.r-fault').innerText();
  const closed = () => dialog().waitFor({ state: 'detached' });
  async function signIn(name: string, password: string): Promise<number> {
    const answer = await fetch(`${server.url}/api/v1/sign-in`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, password }),
    });
    return answer.status;
  }

  describe('users on the settings page', () => {
    const row = (name: string) => page.getByRole('row', { name: new RegExp(`^${name} `) });
    const openUser = (name: string) => row(name).getByRole('button', { name, exact: true }).click();

    it('are added with a password to hand over, and a name that is taken is refused as on the terminal', async () => {
      await goTo('settings?tab=users');
      await page.getByRole('button', { name: 'Add a user' }).click();
      await dialog().getByLabel('Name', { exact: true }).fill('ana');
      await choose('Role everywhere', 'admin');
      await press('Draw one at random');
      const password = await dialog().getByLabel('Password', { exact: true }).inputValue();
      expect(password).toMatch(/^([a-z2-9]{4}-){4}[a-z2-9]{4}$/);
      expect(await violationsOf(page)).toEqual([]);
      await press('Add the user');
      await closed();
      await row('ana').waitFor();
      expect(await signIn('ana', password)).toBe(200);

      await page.getByRole('button', { name: 'Add a user' }).click();
      await dialog().getByLabel('Name', { exact: true }).fill('Ana');
      await dialog().getByLabel('Password', { exact: true }).fill('a password of hers');
      await press('Add the user');
      await expect.poll(fault).toContain("There is a user 'ana' already.");
      await dialog().getByLabel('Name', { exact: true }).fill('li');
      await press('Add the user');
      await closed();
      await row('li').waitFor();
    });

    it('get another role, which says what it gives and takes', async () => {
      await openUser('li');
      await choose('Role everywhere', 'operator');
      await dialog()
        .getByText(/^Wins: read everything.*; run pipelines, deploy, promote, approve\.$/)
        .waitFor();
      await press('Save the user');
      await closed();
      await openUser('li');
      await choose('Role everywhere', 'viewer');
      await dialog()
        .getByText('Loses: log runs, send feedback, import data, register models; run pipelines')
        .waitFor();
      await page.keyboard.press('Escape');
      await closed();
      const { users } = await server.rondo.identity.listUsers({});
      expect(users.find((each) => each.name === 'li')?.role).toBe('operator');
    });

    it('get another password, are shut out and let in again; the last admin is not', async () => {
      await openUser('li');
      await dialog().getByLabel('Password', { exact: true }).fill('another password');
      await press('Reset the password');
      await closed();
      expect(await signIn('li', 'a password of hers')).toBe(401);
      expect(await signIn('li', 'another password')).toBe(200);

      await openUser('li');
      await press('Disable li');
      await closed();
      await row('li').getByText('no, disabled').waitFor();
      expect(await signIn('li', 'another password')).toBe(401);
      await openUser('li');
      await press('Enable li');
      await closed();
      await row('li').getByText('yes').waitFor();
      expect(await signIn('li', 'another password')).toBe(200);

      await openUser('ana');
      await press('Disable ana');
      await expect.poll(fault).toContain('ana is the last admin; nothing was changed.');
      await page.keyboard.press('Escape');
      await closed();
    });
  });

  it('attests how people work, with name, words and day', async () => {
    await goTo('maturity?tab=people');
    await page.getByRole('button', { name: 'Attest', exact: true }).first().click();
    await dialog().getByLabel('Who says so').fill('Ana Ruiz');
    await dialog().getByLabel('What they say').fill('The team reviews each release together, see the wiki.');
    await dialog()
      .getByRole('button', { name: /^Attest / })
      .click();
    await closed();
    await page
      .getByText(/^Ana Ruiz, on .*: The team reviews each release together, see the wiki\., until /)
      .waitFor();
    const { people } = await server.rondo.maturity.getMaturity({});
    expect(people.criteria.filter((each) => each.holds)).toHaveLength(1);
  });

  it('mutes a monitor for a reason and says what that does not silence', async () => {
    await server.rondo.monitoring.applyMonitor({
      params: { monitor: 'slow' },
      body: { kind: 'service', name: 'slow', endpoint: 'e', window_ms: 3_600_000, max_p99_ms: 100 } as never,
    });
    await goTo('monitors/slow');
    await page.getByRole('button', { name: 'Mute', exact: true }).click();
    await dialog().getByText('rules that look at closed windows still act').waitFor();
    await dialog().getByLabel('Why').fill('known: the cache is cold');
    await press('Mute slow');
    await closed();
    await page.getByText(/^muted by .* until .*: known: the cache is cold$/).waitFor();
    expect(
      (await server.rondo.monitoring.getMonitor({ params: { monitor: 'slow' } })).monitor.muted,
    ).not.toBeNull();
    await page.getByRole('button', { name: 'Unmute' }).click();
    await page.getByRole('button', { name: 'Mute', exact: true }).waitFor();
  });

  it('shows the lines of a running step as they come, and stops following when one scrolls up', async () => {
    const gate = join(server.data, 'gate');
    const name = await shop.apply(`
import { existsSync } from 'node:fs';
import { pipeline, step, value, z } from 'rondo';
const talk = step('talk', {
  in: { gate: z.string() },
  out: { lines: value(z.number()) },
  run: async ({ inputs, log }) => {
    for (let batch = 1; ; batch++) {
      for (let i = 1; i <= ${BATCH}; i++) log('line ' + ((batch - 1) * ${BATCH} + i) + ' of many');
      if (batch === 3) return { lines: 3 * ${BATCH} };
      while (!existsSync(inputs.gate + batch)) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  },
});
export default pipeline('talks', { params: z.object({ gate: z.string() }) }, (p) => { talk({ gate: p.params.gate }); });
`);
    const id = await shop.start(name, { gate });
    await goTo(`pipelines/${name}/runs/${id}?step=talk`);
    const log = page.getByRole('log');
    const line = (n: number) => log.getByText(`line ${n} of many`, { exact: true });
    await line(BATCH).waitFor();
    await page.getByRole('button', { name: 'Following' }).waitFor();
    writeFileSync(`${gate}1`, '');
    await line(2 * BATCH).waitFor();

    await log.hover();
    await page.mouse.wheel(0, -600);
    await page.getByRole('button', { name: 'Follow the end' }).waitFor();
    const seen = () => log.evaluate((element) => ({ top: element.scrollTop, height: element.scrollHeight }));
    const before = await seen();
    writeFileSync(`${gate}2`, '');
    await expect.poll(async () => (await seen()).height, { timeout: 30_000 }).toBeGreaterThan(before.height);
    expect((await seen()).top).toBe(before.top);
    expect(await line(3 * BATCH).count()).toBe(0);
    await shop.settled(id);
    expect((await server.rondo.pipelines.getPipelineRun({ params: { run: id } })).state).toBe('done');
    await log.focus();
    await page.keyboard.press('End');
    await line(3 * BATCH).waitFor();
    expect(await line(3 * BATCH).count()).toBe(1);
    expect(faults.filter((each) => !/40[149]|409/.test(each))).toEqual([]);
  });
});
