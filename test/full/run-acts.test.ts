import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BrowsedServer,
  browsedServer,
  flawsOf,
  LOOKS,
  settled,
  violationsOf,
  wear,
} from '../harness/browser.ts';
import type { ServerProcess } from '../harness/process.ts';

describe('what is done with runs, in Chromium', () => {
  let server: ServerProcess;
  let browsed: BrowsedServer;
  let page: Page;
  let faults: string[];
  const experiments: Record<string, string> = {};
  const runs: Record<string, string> = {};

  const ask = <T>(method: string, path: string, body?: unknown) => browsed.mlflow<T>(method, path, body);
  const post = <T>(path: string, body: unknown) => ask<T>('POST', path, body);
  const start = async (experiment: string, name: string, losses: readonly number[]) => {
    const { run } = await post<{ run: { info: { run_id: string } } }>('/runs/create', {
      experiment_id: experiments[experiment],
      run_name: name,
      start_time: 1_790_000_000_000 + Object.keys(runs).length * 1000,
    });
    runs[name] = run.info.run_id;
    await post('/runs/log-batch', {
      run_id: run.info.run_id,
      metrics: losses.map((value, step) => ({
        key: 'loss',
        value,
        timestamp: 1_790_000_000_000 + step,
        step,
      })),
    });
  };

  beforeAll(async () => {
    browsed = await browsedServer();
    ({ server } = browsed);
    for (const name of ['here', 'there', 'gone', 'many'])
      experiments[name] = (
        await post<{ experiment_id: string }>('/experiments/create', { name })
      ).experiment_id;
    await start('here', 'one', [5, 1, 9]);
    await start('here', 'two', [5, 2, 8]);
    await start('here', 'three', [5, 3, 7]);
    await start('gone', 'with-a-model', [1]);
    await start('gone', 'alone', [1]);
    const file = await fetch(
      `${server.url}/api/2.0/mlflow-artifacts/artifacts/${experiments.gone}/${runs['with-a-model']}/artifacts/model/MLmodel`,
      { method: 'PUT', body: 'flavors: {}\n' },
    );
    expect(file.status).toBe(200);
    await post('/registered-models/create', { name: 'late' });
    await post('/model-versions/create', {
      name: 'late',
      source: `runs:/${runs['with-a-model']}/model`,
      run_id: runs['with-a-model'],
    });
    for (const name of ['with-a-model', 'alone']) await post('/runs/delete', { run_id: runs[name] });
    ({ page, faults } = await browsed.open('/p/default/experiments'));
  });
  afterAll(async () => {
    await browsed?.end();
    expect(faults).toEqual([]);
  });

  const grid = () => page.getByRole('grid', { name: 'Runs' });
  const names = () => grid().locator('.r-run-name').allInnerTexts();
  const open = async (experiment: string, more = '') => {
    await page.goto(`${server.url}/p/default/experiments?experiment=${experiments[experiment]}${more}`);
    await settled(page);
    await grid().locator('.r-run-name').first().waitFor();
  };
  const manyRuns = async (count: number) => {
    for (let at = 0; at < count; at += 100)
      await Promise.all(
        Array.from({ length: Math.min(100, count - at) }, (_, each) =>
          post('/runs/create', { experiment_id: experiments.many, run_name: `many-${at + each}` }),
        ),
      );
  };
  const countOf = async (experiment: string) =>
    (
      await post<{ runs?: unknown[] }>('/runs/search', {
        experiment_ids: [experiments[experiment]],
        max_results: 5000,
      })
    ).runs?.length ?? 0;
  const experimentOf = async (name: string) =>
    (await ask<{ run: { info: { experiment_id: string } } }>('GET', `/runs/get?run_id=${runs[name]}`)).run
      .info.experiment_id;

  it('orders by the best of all points, shown beside the last one', async () => {
    await open('here');
    await page.getByRole('checkbox', { name: 'Best beside last' }).check();
    const head = grid().getByRole('columnheader', { name: /best loss/ });
    await head.getByRole('button').first().click();
    await page.waitForURL(/sort=best\.loss/);
    await expect.poll(names).toEqual(['one', 'two', 'three']);
    await head.getByRole('button').first().click();
    await page.waitForURL(/sort=-best\.loss/);
    await expect.poll(names).toEqual(['three', 'two', 'one']);
    // By the last value it is the other way round.
    await open('here', '&best=1&sort=metrics.loss');
    expect(await names()).toEqual(['three', 'two', 'one']);
    expect((await grid().getByRole('row', { name: /three/ }).innerText()).replaceAll(/\s+/g, ' ')).toMatch(
      /7 3\b/,
    );
  });

  it('moves runs to another experiment, and back', async () => {
    await open('here');
    await grid().focus();
    for (const key of ['x', 'j', 'x']) await page.keyboard.press(key);
    await page.getByRole('button', { name: 'Move 2', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Move 2 runs' });
    await dialog.getByRole('combobox', { name: 'To the experiment' }).click();
    await page.getByRole('option', { name: 'there' }).click();
    expect(await violationsOf(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Move 2 runs' }).click();
    await page.getByText('2 runs moved to there.').waitFor();
    await expect.poll(names).toEqual(['one']);
    expect(await experimentOf('three')).toBe(experiments.there);
    await page.keyboard.press('u');
    await expect.poll(names).toEqual(['three', 'two', 'one']);
    expect(await experimentOf('three')).toBe(experiments.here);
  });

  it('moves all runs that match, and back', async () => {
    await start('many', 'left', [1]);
    await manyRuns(1201);
    await open('many', `&q=${encodeURIComponent("attributes.run_name LIKE 'many%'")}`);
    await page.getByText('1,201 of 1,202', { exact: true }).waitFor();
    await grid().focus();
    await grid().getByRole('checkbox', { name: 'Choose all rows' }).check();
    await page.getByRole('button', { name: 'Choose all 1,201 that match' }).click();
    await page.getByRole('button', { name: 'Move 1,201', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Move 1,201 runs' });
    await dialog.getByRole('combobox', { name: 'To the experiment' }).click();
    await page.getByRole('option', { name: 'there' }).click();
    // The second piece waits, so that what is said meanwhile can be read.
    let asked = 0;
    let go = () => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    await page.route('**/runs/move', async (route) => {
      if (++asked === 2) await held;
      await route.continue();
    });
    await dialog.getByRole('button', { name: 'Move 1,201 runs' }).click();
    await dialog.getByText('1,000 of 1,201 runs moved.').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    go();
    await page.getByText('1,201 runs moved to there.').waitFor();
    await page.unroute('**/runs/move');
    expect([await countOf('there'), await countOf('many')]).toEqual([1201, 1]);
    await page.keyboard.press('u');
    await expect.poll(() => countOf('many')).toBe(1202);
    expect(await countOf('there')).toBe(0);
  });

  /** Holds each second request to an address until it is let go, so that what is said meanwhile can be read. */
  const holdSecond = async (address: string) => {
    let asked = 0;
    let go = () => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    await page.route(address, async (route) => {
      if (++asked === 2) await held;
      await route.continue();
    });
    return {
      go: () => go(),
      asked: () => asked,
      end: () => page.unroute(address),
    };
  };
  /** Those that are not here yet too, where there are more than a page of them. */
  const chooseAll = async (count: string, beyond = true) => {
    await grid().focus();
    await grid().getByRole('checkbox', { name: 'Choose all rows' }).check();
    if (beyond) await page.getByRole('button', { name: `Choose all ${count} that match` }).click();
    return page.getByRole('region', { name: 'Chosen rows' });
  };
  const MANY = `&q=${encodeURIComponent("attributes.run_name LIKE 'many%'")}`;

  it('moves all that match to the trash, says how many of how many, and stops', async () => {
    await open('many', MANY);
    await page.getByText('1,201 of 1,202', { exact: true }).waitFor();
    const first = await holdSecond('**/run-trash');
    await (await chooseAll('1,201')).getByRole('button', { name: 'Move to trash' }).click();
    const dialog = page.getByRole('dialog', { name: 'Move to trash' });
    await dialog.getByText('1,000 of 1,201 runs moved to trash.').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    first.go();
    await page.getByText('1,201 runs moved to trash.').waitFor();
    await first.end();
    expect(await countOf('many')).toBe(1);
    await page.keyboard.press('u');
    await expect.poll(() => countOf('many')).toBe(1202);
    await page.getByText('1,201 runs taken out of the trash.').waitFor();
    // Stopped after the second piece at the latest: a piece is done whole or not at all.
    await open('many', MANY);
    await page.getByText('1,201 of 1,202', { exact: true }).waitFor();
    await page.route('**/run-trash', async (route) => {
      const answer = await route.fetch();
      await dialog.getByRole('button', { name: 'Stop' }).click();
      await route.fulfill({ response: answer });
    });
    await (await chooseAll('1,201')).getByRole('button', { name: 'Move to trash' }).click();
    await page.getByText('1,000 runs moved to trash until it was stopped.').waitFor();
    await page.unroute('**/run-trash');
    expect(await countOf('many')).toBe(202);
  });

  it('deletes all that match for good, piece by piece, and leaves the rest in the trash when it is stopped', async () => {
    await open('many', MANY);
    await page.getByText('201 of 202', { exact: true }).waitFor();
    await (await chooseAll('201', false)).getByRole('button', { name: 'Move to trash' }).click();
    await page.getByText('201 runs moved to trash.').waitFor();
    const purge = async (count: string, beyond: boolean) => {
      await open('many', `${MANY}&trash=1`);
      await page.getByText(`${count} of ${count}`, { exact: true }).waitFor();
      const bar = await chooseAll(count, beyond);
      await bar.getByRole('button', { name: `Delete ${count} for good` }).click();
      const dialog = page.getByRole('dialog', { name: 'Delete for good' });
      await dialog.getByText(`${count} runs with 0 points and 0 files of`).waitFor();
      return dialog;
    };
    let dialog = await purge('1,201', true);
    await page.route('**/trash/purge', async (route) => {
      const answer = await route.fetch();
      await dialog.getByText('0 of 1,201 runs deleted.').waitFor();
      expect(await violationsOf(page)).toEqual([]);
      // What is under way ends; nothing begins after it.
      await dialog.getByRole('button', { name: 'Stop' }).click();
      await route.fulfill({ response: answer });
    });
    await dialog.getByRole('button', { name: 'Delete 1,201 runs' }).click();
    await page.getByText('1,000 runs were deleted for good; the others stay in the trash.').waitFor();
    await page.unroute('**/trash/purge');
    dialog = await purge('201', false);
    await dialog.getByRole('button', { name: 'Delete 201 runs' }).click();
    await page.getByText('201 runs were deleted for good.').waitFor();
    await page.getByText('No run matches').waitFor();
    expect(await countOf('many')).toBe(1);
  });

  it('renames, moves, throws away and takes back the run of a page', async () => {
    const id = runs.three ?? '';
    const choose = async (name: string) => {
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name, exact: true }).click();
    };
    await page.goto(`${server.url}/p/default/runs/${id}`);
    await settled(page);
    await choose('Rename');
    await page.getByRole('textbox', { name: 'Name' }).fill('three and more');
    await page.getByRole('button', { name: 'Rename run' }).click();
    await page.getByRole('heading', { name: 'three and more' }).waitFor();
    await choose('Move to an experiment');
    const dialog = page.getByRole('dialog', { name: 'Move 1 run' });
    await dialog.getByRole('combobox', { name: 'To the experiment' }).click();
    await page.getByRole('option', { name: 'there' }).click();
    await dialog.getByRole('button', { name: 'Move 1 run' }).click();
    await page.getByRole('link', { name: 'there', exact: true }).waitFor();
    await choose('Move to trash');
    await page.getByText('It is in the trash.').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await choose('Take out of the trash');
    await page.getByText('It is in the trash.').waitFor({ state: 'detached' });
    await choose('Compare with others');
    await page.waitForURL(new RegExp(`experiment=${experiments.there}&sel=${id}`));
    await page.getByRole('button', { name: /^Compare 1/ }).waitFor();
  });

  it('opens what the addresses of MLflow name', async () => {
    await page.goto(`${server.url}/#/experiments/${experiments.here}/runs/${runs.one}`);
    await page.getByRole('heading', { name: 'one', exact: true }).waitFor();
    await page.waitForURL(`**/p/default/runs/${runs.one}`);
  });

  const openPurge = async (name: string) => {
    await open('gone', '&trash=1');
    await grid()
      .getByRole('row', { name: new RegExp(name) })
      .getByRole('checkbox')
      .check();
    await page.getByRole('button', { name: 'Delete 1 for good' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete for good' });
    await dialog.getByText(/^One run with 1 point and \d files? of/).waitFor();
    return dialog;
  };

  it.each(LOOKS)('shows what deleting for good takes, at $size.width pixels in $scheme', async (look) => {
    await wear(page, { ...LOOKS[0], scheme: look.scheme });
    const dialog = await openPurge('with-a-model');
    await page.setViewportSize(look.size);
    await dialog.getByText('These came of it.').waitFor();
    expect(await flawsOf(page, 'purge', look)).toEqual([]);
    await dialog.getByRole('button', { name: 'Keep in the trash' }).click();
    await wear(page);
  });

  it('deletes for good: at once what nothing came of, else only after a word', async () => {
    const alone = await openPurge('alone');
    await alone.getByRole('button', { name: /^Delete one run/ }).click();
    await page.getByText('One run was deleted for good.').waitFor();
    await expect.poll(names).toEqual(['with-a-model']);
    const dialog = await openPurge('with-a-model');
    const button = dialog.getByRole('button', { name: /^Delete one run/ });
    await expect.poll(() => button.getAttribute('aria-disabled')).toBe('true');
    await button.click({ force: true });
    await dialog.getByRole('textbox').fill('delete');
    await dialog.getByRole('button', { name: /^Delete one run/ }).click();
    await page.getByText('The trash is empty.').waitFor();
    const response = await fetch(`${server.url}/api/2.0/mlflow/runs/get?run_id=${runs['with-a-model']}`);
    expect(response.status).toBe(404);
    // What came of it stays.
    await ask('GET', '/model-versions/get?name=late&version=1');
  });

  it.each(LOOKS)('shows webhooks in the settings at $size.width pixels in $scheme', async (look) => {
    await wear(page, look);
    await page.goto(`${server.url}/p/default/settings?tab=webhooks`);
    await settled(page);
    await page
      .getByRole('heading', { name: /webhook/i })
      .first()
      .waitFor();
    expect(await flawsOf(page, 'webhooks', look)).toEqual([]);
  });
});
