import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowsedServer, browsedServer, settled, violationsOf } from '../harness/browser.ts';
import type { ServerProcess } from '../harness/process.ts';

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
const LOOKS = [
  { size: WIDE, scheme: 'light' },
  { size: WIDE, scheme: 'dark' },
  { size: NARROW, scheme: 'light' },
] as const;
/** Where screenshots go, when somebody wants to look at them. */
const PICTURES = process.env.RONDO_FULL_PICTURES;
const RUNS = 1200;
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const FILES: Readonly<Record<string, string | Buffer>> = {
  'plots/dot.png': PNG,
  'rows.csv': 'name,value\n"a, b",1\n',
  'model.json': '{"depth":6}',
  'notes.md': '# Notes\n\n<b>bold</b> and **strong**',
  'book.ipynb': JSON.stringify({
    cells: [{ cell_type: 'code', source: 'print(1)', outputs: [{ text: 'one\n' }] }],
  }),
  'report.html': '<h1>Report</h1><script>parent.document.title = "taken"; fetch("/health")</script>',
  'weights.bin': Buffer.from([1, 2, 3]),
};

describe('many runs, and one run, in Chromium', () => {
  let server: ServerProcess;
  let browsed: BrowsedServer;
  let page: Page;
  let faults: string[];
  let main: string;
  const experiments: Record<string, string> = {};

  const post = <T>(path: string, body: unknown) => browsed.mlflow<T>('POST', path, body);
  const start = async (given: object) =>
    (await post<{ run: { info: { run_id: string } } }>('/runs/create', given)).run.info.run_id;

  beforeAll(async () => {
    browsed = await browsedServer();
    ({ server } = browsed);
    for (const name of ['team/nlp/tune', 'team/vision', 'plain'])
      experiments[name] = (
        await post<{ experiment_id: string }>('/experiments/create', { name })
      ).experiment_id;
    const experiment_id = experiments['team/nlp/tune'];
    let parent = '';
    const one = async (at: number) => {
      const run_id = await start({
        experiment_id,
        run_name: `trial-${at}`,
        start_time: 1_790_000_000_000 + at * 1000,
        tags: [
          { key: 'team', value: at % 2 === 0 ? 'ops' : 'research' },
          ...(at > RUNS - 4 && at < RUNS ? [{ key: 'mlflow.parentRunId', value: parent }] : []),
        ],
      });
      await post('/runs/log-batch', {
        run_id,
        metrics: [
          {
            key: 'log_loss',
            value: 0.3 + ((at * 7919) % 1009) / 1009,
            timestamp: 1_790_000_000_000,
            step: 0,
          },
          { key: 'auc', value: ((at * 104_729) % 997) / 997, timestamp: 1_790_000_000_000, step: 0 },
        ],
        params: [
          { key: 'depth', value: String(at % 5) },
          { key: 'same', value: 'always' },
        ],
      });
      await post('/runs/update', { run_id, status: 'FINISHED', end_time: 1_790_000_100_000 + at * 1000 });
      return run_id;
    };
    parent = await one(RUNS);
    for (let from = 0; from < RUNS; from += 20)
      await Promise.all(Array.from({ length: 20 }, (_, at) => one(from + at)));
    main = await start({
      experiment_id: experiments.plain,
      run_name: 'the main one',
      tags: [
        { key: 'mlflow.source.git.commit', value: 'a41f9c0'.padEnd(40, '0') },
        { key: 'mlflow.source.name', value: 'train.py' },
        { key: 'mlflow.git.diff', value: '--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-lr = 1\n+lr = 2' },
        { key: 'mlflow.note.content', value: 'A **good** run.\n\n<img src=x onerror="document.title=1">' },
      ],
    });
    for (let from = 0; from < 3000; from += 500)
      await post('/runs/log-batch', {
        run_id: main,
        metrics: Array.from({ length: 500 }, (_, at) => ({
          key: 'loss',
          value: from + at === 1234 ? 50 : 1 / (1 + (from + at) / 100),
          timestamp: 1_790_000_000_000 + (from + at) * 1000,
          step: from + at,
        })),
      });
    for (let from = 0; from < 2000; from += 500)
      await post('/runs/log-batch', {
        run_id: main,
        metrics: Array.from({ length: 500 }, (_, at) => ({
          key: from === 1500 ? `system/gpu-${at}` : `layer/${from + at}`,
          value: at,
          timestamp: 1_790_000_000_000,
          step: 1,
        })),
      });
    for (const [path, body] of Object.entries(FILES)) {
      const response = await fetch(
        `${server.url}/api/2.0/mlflow-artifacts/artifacts/${experiments.plain}/${main}/artifacts/${path}`,
        { method: 'PUT', body: body as BodyInit },
      );
      expect([path, response.status]).toEqual([path, 200]);
    }
    ({ page, faults } = await browsed.open('/p/default/experiments'));
  });
  afterAll(async () => {
    await browsed?.end();
    expect(faults).toEqual([]);
  });

  const table = () => `/p/default/experiments?experiment=${experiments['team/nlp/tune']}`;
  const open = async (path: string) => {
    await page.goto(server.url + path);
    await settled(page);
  };
  const grid = () => page.getByRole('grid', { name: 'Runs' });
  const names = () => grid().locator('.r-run-name').allInnerTexts();
  const lead = () => page.locator('main .r-lead').innerText();
  const openTable = async (more = '') => {
    await open(table() + more);
    await grid().locator('.r-run-name').first().waitFor();
  };

  it('finds an experiment in the tree of folders, and a folder stands for all that is in it', async () => {
    await open('/p/default/experiments');
    await page.getByRole('button', { name: /^Experiment:/ }).click();
    const nlp = page.getByRole('button', { name: 'tune', exact: true });
    await nlp.waitFor();
    await page.getByRole('button', { name: 'nlp', exact: true }).click();
    await page.waitForURL(/experiment=team%2Fnlp%2F/);
    await page.getByRole('heading', { name: 'team/nlp/' }).waitFor();
    await expect.poll(lead).toContain(`${(RUNS + 1).toLocaleString('en-US')} runs`);
  });

  it('loads rows as one scrolls, and asks for the columns that are shown only', async () => {
    const asked: string[][] = [];
    page.on('request', (request) => {
      const body = request.url().endsWith('/runs/search')
        ? (request.postDataJSON() as { columns?: string[] })
        : {};
      if (body.columns) asked.push(body.columns);
    });
    await openTable();
    expect(await grid().getAttribute('aria-rowcount')).toBe(String(RUNS + 2));
    await grid().focus();
    for (let last = ''; last !== 'trial-0'; ) {
      await page.keyboard.press('End');
      await expect.poll(async () => (await names()).at(-1)).not.toBe(last);
      last = (await names()).at(-1) ?? '';
    }
    expect(asked.length).toBeGreaterThan(2);
    expect(asked[0]).toEqual(['metrics.auc', 'metrics.log_loss', 'params.depth', 'params.same']);
  });

  it('folds children under their parent', async () => {
    await openTable();
    const fold = page.getByRole('button', { name: `3 children of trial-${RUNS}` });
    expect((await names())[1]).toBe(`trial-${RUNS - 4}`);
    await fold.click();
    await expect
      .poll(async () => (await names()).slice(1, 4))
      .toEqual([1, 2, 3].map((at) => `trial-${RUNS - at}`));
    await fold.click();
    await expect.poll(async () => (await names())[1]).toBe(`trial-${RUNS - 4}`);
    await page.getByRole('checkbox', { name: 'Children under their parents' }).uncheck();
    await expect.poll(async () => (await names())[1]).toBe(`trial-${RUNS - 1}`);
  });

  it('completes keys and values, filters as one types, and marks the character that is wrong', async () => {
    await openTable();
    const field = page.getByRole('combobox', { name: 'Filter' });
    await page.keyboard.press('/');
    await page.keyboard.type('params.de');
    await page.getByRole('option', { name: /depth/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await field.inputValue()).toBe('params.depth');
    await page.keyboard.type(" = '");
    await page
      .getByRole('option', { name: /'3' .*240 runs|'3'/ })
      .first()
      .click();
    await expect.poll(() => field.inputValue()).toBe("params.depth = '3'");
    await expect.poll(() => page.locator('.r-filter-count').innerText()).toBe('240 of 1,201');
    await page.keyboard.type(' and metrics.auc < oops');
    await page.locator('.r-filter-error mark').waitFor();
    expect(await page.locator('.r-filter-error mark').innerText()).toBe('o');
    await field.fill("params.depth = '99'");
    await page.getByText("No run matches params.depth = '99'; 1,201 without the filter.").waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).last().click();
    await expect.poll(() => page.locator('.r-filter-count').innerText()).toBe('1,201');
  });

  it('sorts on the server, groups, and a group leads back to its runs', async () => {
    await openTable();
    await grid()
      .getByRole('columnheader', { name: /log_loss/ })
      .getByRole('button')
      .click();
    await page.waitForURL(/sort=metrics\.log_loss/);
    await expect.poll(async () => (await names())[0]).toBe('trial-1009');
    await page.getByRole('button', { name: 'Group' }).click();
    await page.getByRole('menuitem', { name: 'params.depth' }).click();
    const groups = page.getByRole('grid', { name: 'Runs by params.depth' });
    await expect.poll(() => groups.getByRole('row').count()).toBe(6);
    await groups.getByRole('button', { name: '4', exact: true }).click();
    await expect.poll(() => page.locator('.r-filter-count').innerText()).toBe('240 of 1,201');
  });

  it('finds, adds, moves, pins and widens columns, and remembers that', async () => {
    await openTable();
    await page.getByRole('button', { name: /^Columns/ }).click();
    await page.getByRole('textbox', { name: 'Find a column' }).fill('team');
    await page.getByRole('checkbox', { name: 'team' }).check();
    await page.waitForURL(/cols=.*tags\.team/);
    await page.getByRole('textbox', { name: 'Find a column' }).fill('depth');
    await page.getByRole('button', { name: 'Pin depth' }).click();
    await page.keyboard.press('Escape');
    const heads = () => grid().getByRole('columnheader').locator('.r-head-text').allInnerTexts();
    await expect.poll(heads).toEqual(expect.arrayContaining(['team']));
    expect((await heads()).slice(0, 2)).toEqual(['run', 'depth']);
    const width = async () =>
      (await grid().getByRole('columnheader', { name: 'run' }).boundingBox())?.width ?? 0;
    const before = await width();
    await grid().focus();
    await page.keyboard.press('>');
    await expect.poll(width).toBe(before + 16);
    await page.reload();
    await expect.poll(async () => (await heads()).slice(0, 2)).toEqual(['run', 'depth']);
    expect(await width()).toBe(before + 16);
    await page.evaluate(() => localStorage.removeItem('rondo.table.runs'));
  });

  it('hides what is equal in all rows', async () => {
    await openTable();
    await page.getByRole('button', { name: /^Columns/ }).click();
    await page.getByRole('checkbox', { name: 'Only differing' }).check();
    await page.keyboard.press('Escape');
    const heads = () => grid().getByRole('columnheader').locator('.r-head-text').allInnerTexts();
    await expect.poll(heads).not.toContain('same');
    expect(await heads()).toContain('depth');
  });

  it('chooses by keys and compares', async () => {
    await openTable();
    await grid().focus();
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('2 chosen').waitFor();
    await page.keyboard.press('c');
    await page.waitForURL(/runs\/compare\?ids=/);
  });

  it('moves to the trash, takes back with u, and restores from the trash', async () => {
    await openTable();
    const [first = ''] = await names();
    await grid().focus();
    await page.keyboard.press('j');
    await page.keyboard.press('.');
    const gone = (await names())[1] ?? '';
    await page.getByRole('menuitem', { name: 'Move to trash' }).click();
    await page.getByText('1 run moved to trash.').waitFor();
    await expect.poll(async () => (await names())[1]).not.toBe(gone);
    await page.keyboard.press('u');
    await expect.poll(async () => (await names()).slice(0, 2)).toEqual([first, gone]);
    await page.getByRole('combobox', { name: 'Filter' }).fill("params.depth = '2'");
    await expect.poll(() => page.locator('.r-filter-count').innerText()).toBe('240 of 1,201');
    await page.getByRole('checkbox', { name: 'Choose all rows that are here' }).check();
    const all = page.getByRole('button', { name: 'Choose all 240 that match' });
    if (await all.count()) await all.click();
    await page
      .getByRole('region', { name: 'Chosen rows' })
      .getByRole('button', { name: 'Move to trash' })
      .click();
    await page.getByText('240 runs moved to trash.').waitFor();
    await page.getByRole('button', { name: 'Trash', exact: true }).click();
    await page.getByRole('checkbox', { name: 'Choose all rows that are here' }).check();
    await page.getByRole('region', { name: 'Chosen rows' }).getByRole('button', { name: 'Restore' }).click();
    await page.getByText('240 runs taken out of the trash.').waitFor();
  });

  it('keeps a view by name, and exports all that matches', async () => {
    await openTable(`&q=${encodeURIComponent("tags.team = 'ops'")}`);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: 'Save this view' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Only ops');
    await page.getByRole('button', { name: 'Save view' }).click();
    await page.getByText('Views: Only ops').waitFor();
    await openTable();
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: 'Only ops' }).click();
    await expect.poll(() => page.locator('.r-filter-count').innerText()).toBe('601 of 1,201');
    await page.getByRole('button', { name: 'Export' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: 'CSV', exact: true }).click();
    const lines: string[] = [];
    for await (const piece of await (await download).createReadStream()) lines.push(String(piece));
    expect(lines.join('').trim().split('\r\n')).toHaveLength(602);
  });

  const run = (tab?: string) => open(`/p/default/runs/${main}${tab ? `?tab=${tab}` : ''}`);

  it('shows a run: description as Markdown without its HTML, facts, and tags that can be changed', async () => {
    await run();
    await page.locator('.r-markdown strong', { hasText: 'good' }).waitFor();
    expect(await page.locator('.r-markdown img').count()).toBe(0);
    await page.getByRole('link', { name: 'All 1,501 metrics' }).waitFor();
    await page.getByRole('textbox', { name: 'Key of the tag' }).fill('stage');
    await page.getByRole('textbox', { name: 'Value of the tag' }).fill('final');
    await page.getByRole('button', { name: 'Set tag' }).click();
    await page.getByRole('button', { name: 'Remove the tag stage' }).click();
    await expect.poll(() => page.getByRole('button', { name: 'Remove the tag stage' }).count()).toBe(0);
  });

  it('draws few of many metrics, keeps the spike, finds by name, and keeps those of the machine apart', async () => {
    await run('metrics');
    await page.locator('.r-metric-card canvas').first().waitFor();
    expect(await page.locator('canvas').count()).toBeLessThanOrEqual(16);
    await page.getByRole('searchbox', { name: 'Find a metric' }).fill('loss');
    await page.getByText('1 of 1,501 metrics').waitFor();
    const curve = page.getByRole('img', { name: /highest 50/ });
    await page.getByText('3,000 points as 429 columns, extremes kept').waitFor();
    for (const axis of ['Time', 'Relative']) {
      await page.getByRole('button', { name: axis, exact: true }).click();
      await page.locator('.r-metric-card canvas').first().waitFor();
    }
    await page.getByRole('button', { name: 'Step', exact: true }).click();
    await page.getByLabel('Smoothing').selectOption('0.6');
    await page.getByText(/smoothed 0\.6/).waitFor();
    await page.getByRole('checkbox', { name: 'Log scale' }).check();
    await page.waitForURL(/smooth=0\.6.*log=1|log=1.*smooth=0\.6/);
    expect(await curve.count()).toBeLessThanOrEqual(1);
    await page.getByRole('link', { name: 'System' }).click();
    await page
      .getByText(/metrics$/)
      .first()
      .waitFor();
  });

  it('shows metrics of one point as numbers, in rows of their own', async () => {
    await run('metrics');
    await page.getByRole('searchbox', { name: 'Find a metric' }).fill('layer/12');
    await page.getByText('111 of 1,501 metrics').waitFor();
    const cards = page.getByRole('figure');
    await cards.first().waitFor();
    expect((await cards.first().innerText()).split('\n')).toEqual([
      'layer/12',
      '12',
      expect.stringMatching(/^step 1, /),
    ]);
    expect(await page.locator('canvas').count()).toBe(0);
    // They are drawn as they are scrolled to, like curves.
    expect(await cards.count()).toBeLessThan(111);
  });

  it('shows a part of y: what was typed, or what is left without outliers', async () => {
    await run('metrics');
    await page.getByRole('searchbox', { name: 'Find a metric' }).fill('loss');
    const canvas = page.locator('.r-metric-card canvas');
    await page.getByText('3,000 points as 429 columns, extremes kept', { exact: true }).waitFor();
    const drawn = () => canvas.evaluate((each) => (each as HTMLCanvasElement).toDataURL());
    const all = await drawn();
    await page.getByRole('checkbox', { name: 'Ignore outliers' }).check();
    await page.getByText(/extremes kept\. \d+ points reach beyond the shown range$/).waitFor();
    expect(page.url()).toContain('outliers=0');
    await expect.poll(drawn).not.toBe(all);
    await page.getByRole('checkbox', { name: 'Ignore outliers' }).uncheck();
    await expect.poll(drawn).toBe(all);
    await page.getByRole('button', { name: 'Range of loss' }).click();
    const form = page.getByRole('form', { name: 'Range of loss' });
    await form.getByRole('textbox', { name: 'From' }).fill('1');
    await form.getByRole('textbox', { name: 'To' }).fill('0.5');
    await form.getByText('This end has to be above the other.').first().waitFor();
    await page.keyboard.press('Enter');
    expect(page.url()).not.toContain('y=');
    expect(await violationsOf(page)).toEqual([]);
    await form.getByRole('textbox', { name: 'To' }).fill('60');
    await page.keyboard.press('Enter');
    await page.waitForURL(/[?&]y=1(~|%7E)60(~|%7E)loss/);
    // Only the first point and the spike are at 1 or above.
    await page.getByText(/extremes kept\. 42\d points reach beyond the shown range$/).waitFor();
    await page.reload();
    await page.getByText(/extremes kept\. 42\d points reach beyond the shown range$/).waitFor();
    await page.getByRole('button', { name: 'Range of loss' }).click();
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByText('3,000 points as 429 columns, extremes kept', { exact: true }).waitFor();
    expect(page.url()).not.toContain('y=');
  });

  it('a curve grows while its run goes on', async () => {
    await run('metrics');
    await page.getByRole('searchbox', { name: 'Find a metric' }).fill('loss');
    await page.getByText(/^3,000 points/).waitFor();
    await post('/runs/log-metric', {
      run_id: main,
      key: 'loss',
      value: 0.5,
      timestamp: 1_790_009_000_000,
      step: 3000,
    });
    await page.getByText(/^3,001 points/).waitFor();
  });

  it('previews files, and what is in one cannot reach the page', async () => {
    await run('artifacts');
    const show = (name: string) =>
      page.getByRole('navigation', { name: 'Files of the run' }).getByRole('button', { name }).click();
    await show('rows.csv');
    await page.getByRole('cell', { name: 'a, b' }).waitFor();
    await show('model.json');
    await page.getByText('"depth": 6').waitFor();
    await show('notes.md');
    await page.locator('.r-markdown strong').waitFor();
    expect(await page.locator('.r-markdown b').count()).toBe(0);
    await show('book.ipynb');
    await page.getByText('one', { exact: true }).waitFor();
    await show('weights.bin');
    await page.getByText('A page cannot show files of this kind.').waitFor();
    await show('plots');
    await show('dot.png');
    await page.locator('img.r-picture[src^="blob:"]').waitFor();
    const title = await page.title();
    await show('report.html');
    await page.frameLocator('iframe').getByRole('heading', { name: 'Report' }).waitFor();
    expect(await page.title()).toBe(title);
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('');
    // The browser says that it ran no script there; that is the point.
    const said = faults
      .splice(0)
      .filter((fault) => !/Blocked script execution|Content Security Policy/.test(fault));
    expect(said).toEqual([]);
  });

  it('shows the code: commit, entry point and what was changed since', async () => {
    await run('code');
    await page.locator('.r-patch-line[data-kind="new"]', { hasText: '+lr = 2' }).waitFor();
    await page.getByText('train.py', { exact: true }).waitFor();
  });

  it.each(['table', 'grouped', 'overview', 'metrics', 'params', 'artifacts', 'code'])(
    '%s is fine for axe, wide and narrow, light and dark',
    async (what) => {
      const path =
        what === 'table'
          ? table()
          : what === 'grouped'
            ? `${table()}&group=params.depth`
            : `/p/default/runs/${main}${what === 'overview' ? '' : `?tab=${what}`}${what === 'artifacts' ? '&path=rows.csv' : ''}`;
      for (const { size, scheme } of LOOKS) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme: scheme });
        await open(path);
        if (what === 'table') await grid().getByRole('row').nth(3).waitFor();
        if (what === 'metrics') await page.locator('.r-metric-card canvas').first().waitFor();
        if (PICTURES)
          await page.screenshot({ path: join(PICTURES, `runs-${what}-${size.width}-${scheme}.png`) });
        expect([size.width, scheme, await violationsOf(page)]).toEqual([size.width, scheme, []]);
        const sideways = await page.evaluate(
          () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
        );
        expect([size.width, sideways]).toEqual([size.width, false]);
      }
      await page.setViewportSize(WIDE);
      await page.emulateMedia({ colorScheme: 'light' });
    },
  );
});
