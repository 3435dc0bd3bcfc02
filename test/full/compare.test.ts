import { readFileSync } from 'node:fs';
import type { Locator, Page, Response } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Curve } from '../../src/domains/tracking/schema.ts';
import { type BrowsedServer, browsedServer, flawsOf, LOOKS, settled, wear } from '../harness/browser.ts';
import type { ServerProcess } from '../harness/process.ts';

const TABS = ['charts', 'table', 'parallel', 'scatter', 'box', 'importance', 'code', 'data', 'environment'];
const RUNS = 24;
const STEPS = 600;
const BEGAN = 1_790_000_000_000;

describe('runs against each other, in Chromium', () => {
  let server: ServerProcess;
  let browsed: BrowsedServer;
  let page: Page;
  let faults: string[];
  const ids: string[] = [];

  const post = <T>(path: string, body: unknown) => browsed.mlflow<T>('POST', path, body);
  /** Falls from 1 and rises again at the end: the last value is not the best one. */
  const lossOf = (at: number, step: number) =>
    0.3 + at / 100 + Math.exp(-step / 60) + (step > 500 ? (step - 500) / 400 : 0);

  beforeAll(async () => {
    browsed = await browsedServer();
    ({ server } = browsed);
    const experiments: string[] = [];
    for (const name of ['team/tune', 'other'])
      experiments.push(
        (await post<{ experiment_id: string }>('/experiments/create', { name })).experiment_id,
      );
    for (let at = 0; at < RUNS; at++) {
      const { run } = await post<{ run: { info: { run_id: string } } }>('/runs/create', {
        experiment_id: experiments[at % 2],
        run_name: at === 2 ? `trial-2${'-with-a-very-long-name'.repeat(6)}` : `trial-${at}`,
        start_time: BEGAN + at * 60_000,
        tags: [
          { key: 'mlflow.source.git.commit', value: at < 12 ? 'a41f9c0' : 'b7d1e22' },
          { key: 'mlflow.source.name', value: 'train.py' },
          {
            key: 'mlflow.git.diff',
            value: `--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-lr = 0\n+lr = ${at}`,
          },
          { key: 'mlflow.docker.image.name', value: at < 12 ? 'python:3.11' : 'python:3.12' },
        ],
      });
      const run_id = run.info.run_id;
      ids.push(run_id);
      await post('/runs/log-batch', {
        run_id,
        params: [
          { key: 'lr', value: String((at + 1) / 100) },
          { key: 'kind', value: ['tree', 'forest', 'boosted'][at % 3] },
          { key: 'noise', value: String((at * 7919) % 101) },
          { key: 'same', value: 'always' },
        ],
        metrics: Array.from({ length: STEPS }, (_, step) => ({
          key: 'log_loss',
          value: at === 3 && step === 333 ? 50 : lossOf(at, step),
          timestamp: BEGAN + at * 60_000 + step * 1000,
          step,
        })),
      });
      await post('/runs/log-batch', {
        run_id,
        metrics: [{ key: 'auc', value: 0.9 - at / 100, timestamp: BEGAN, step: 0 }],
      });
      await post('/runs/log-inputs', {
        run_id,
        datasets: [
          {
            dataset: {
              name: 'flights',
              digest: at < 6 ? '7c1e0a' : '91bb42',
              source_type: 'local',
              source: '{}',
            },
          },
        ],
      });
      await post('/runs/update', { run_id, status: 'FINISHED', end_time: BEGAN + at * 60_000 + 600_000 });
    }
    for (const [run, text] of [
      [ids[0], 'numpy==2.0\nscikit-learn==1.5\n'],
      [ids[1], 'numpy==2.1\nscikit-learn==1.5\n'],
    ] as const) {
      const response = await fetch(
        `${server.url}/api/2.0/mlflow-artifacts/artifacts/${experiments[ids.indexOf(run ?? '') % 2]}/${run}/artifacts/model/requirements.txt`,
        { method: 'PUT', body: text },
      );
      expect(response.status).toBe(200);
    }
    await post('/runs/delete', { run_id: ids[RUNS - 1] });
    ({ page, faults } = await browsed.open('/p/default/experiments'));
  });
  afterAll(async () => {
    await browsed?.end();
    expect(faults).toEqual([]);
  });

  const open = async (tab: string, runs: readonly (string | undefined)[], more = '') => {
    await page.goto(`${server.url}/p/default/runs/compare?ids=${runs.join(',')}&tab=${tab}${more}`);
    await settled(page);
  };
  const some = () => ids.slice(0, 3);
  const active = () => ids.slice(0, RUNS - 1);

  it('draws curves of runs of different experiments over each other, from one answer', async () => {
    const asked: string[] = [];
    const note = (request: { url(): string }) => {
      if (request.url().includes('/metric-points')) asked.push(request.url());
    };
    page.on('request', note);
    await open('charts', active());
    await page.getByText('From 2 experiments: team/tune, other.').waitFor();
    const chart = page.getByRole('img', { name: /^log_loss, step \d+ to 599/ });
    await chart.waitFor();
    expect(asked).toHaveLength(1);
    expect(new URL(asked[0] ?? '').searchParams.getAll('run_ids')).toHaveLength(RUNS - 1);
    expect(await chart.getAttribute('aria-label')).toMatch(/trial-0 fell from 1\.\d+ to/);
    await page
      .getByText(`${RUNS - 1} runs, ${((RUNS - 1) * STEPS).toLocaleString('en-US')} points, as`)
      .waitFor();
    await page.getByRole('button', { name: 'Relative' }).click();
    await page.getByText('seconds since the start of each run').waitFor();
    await page.getByRole('checkbox', { name: 'Log scale' }).check();
    await page.getByRole('combobox', { name: 'Smoothing' }).selectOption('0.6');
    await page.getByText('smoothed 0.6').first().waitFor();
    expect(page.url()).toMatch(/x=relative.*log=1.*smooth=0\.6/);
    page.off('request', note);
  });

  it('draws a chart of many runs once when it opens, from one answer of no more columns than it shows', async () => {
    await open('data', active());
    await page.evaluate(() => {
      const drawn = Object.assign(window, { drawn: 0 });
      const clear = CanvasRenderingContext2D.prototype.clearRect;
      CanvasRenderingContext2D.prototype.clearRect = function (...where) {
        drawn.drawn++;
        clear.apply(this, where);
      };
    });
    const answers: Response[] = [];
    const note = (answer: Response) => {
      if (answer.url().includes('/metric-points')) answers.push(answer);
    };
    page.on('response', note);
    await page.getByRole('link', { name: 'Charts', exact: true }).click();
    await page.getByRole('img', { name: /^log_loss, step \d+ to 599/ }).waitFor();
    await settled(page);
    page.off('response', note);
    expect(answers).toHaveLength(1);
    const { curves } = (await (answers[0] as Response).json()) as { curves: Curve[] };
    expect(curves).toHaveLength(RUNS - 1);
    for (const [at, { points, step, high }] of curves.entries()) {
      expect([points, step.at(-1)]).toEqual([STEPS, 599]);
      expect(Math.max(...high.map(Number))).toBeCloseTo(at === 3 ? 50 : lossOf(at, 0));
      expect(step.length).toBeLessThanOrEqual(240);
    }
    expect(await page.evaluate(() => (window as unknown as { drawn: number }).drawn)).toBe(1);
  });

  it('draws no curve of what each run logged once, and leaves outliers out of the scale', async () => {
    await open('charts', active(), '&keys=auc,log_loss');
    await page.getByRole('img', { name: /^log_loss, step/ }).waitFor();
    const card = page.getByRole('figure').filter({ hasText: 'auc' });
    expect((await card.getByRole('listitem').allInnerTexts()).map((text) => text.split('\n'))).toEqual(
      Array.from({ length: 8 }, (_, at) => [
        expect.stringMatching(new RegExp(`^trial-${at}`)),
        expect.stringMatching(/^0\.\d{4}$/),
      ]),
    );
    // The chart stands there a moment before it is drawn.
    await page.locator('canvas').first().waitFor();
    await settled(page);
    expect(await page.locator('canvas').count()).toBe(1);
    await page.getByRole('checkbox', { name: 'Ignore outliers' }).check();
    await page.getByText(/extremes kept\. 1 point reaches beyond the shown range$/).waitFor();
    await card.getByRole('link', { name: `${RUNS - 1 - 8} more in the table` }).click();
    await page.getByRole('grid', { name: 'Side by side' }).waitFor();
  });

  it('compares last, best and chosen points, in the address', async () => {
    await open('table', some());
    const row = () => page.getByRole('row', { name: /^log_loss metric/ });
    await row().waitFor();
    const first = () => row().locator('td').first().innerText();
    expect(await first()).toContain('0.5475');
    await page.getByRole('combobox', { name: 'Metrics by' }).selectOption('best');
    await expect.poll(first).toContain('0.3002');
    await page.getByRole('combobox', { name: 'Metrics by' }).selectOption('step');
    await page.getByRole('spinbutton', { name: 'Step' }).fill('0');
    await expect.poll(first).toContain('1.3');
    expect(page.url()).toContain('at=step%3A0');
    expect(await page.getByRole('row', { name: /^same param/ }).count()).toBe(0);
    await page.getByRole('checkbox', { name: /^Only differing/ }).uncheck();
    await page.getByRole('row', { name: /^same param/ }).waitFor();
    await page.getByRole('combobox', { name: 'Against' }).selectOption({ label: 'trial-1' });
    await page.getByRole('heading', { name: '2 runs against trial-1' }).waitFor();
    await page.getByRole('button', { name: 'Transpose' }).click();
    await page.getByRole('grid', { name: 'Side by side' }).waitFor();
  });

  it('puts many runs below each other', async () => {
    await open('table', active());
    const grid = page.getByRole('grid', { name: 'Side by side' });
    await grid.waitFor();
    expect(await grid.getAttribute('aria-rowcount')).toBe(String(RUNS));
  });

  it('finds runs by brushing an axis, by hand and by number', async () => {
    await open('parallel', active());
    const plot = page.getByRole('img', { name: /lines across/ });
    await plot.waitFor();
    expect(await plot.getAttribute('aria-label')).toContain(
      `${RUNS - 1} of ${RUNS - 1} lines across kind, lr, noise, log_loss`,
    );
    const axis = plot.locator('.r-parallel-grip').nth(1);
    const box = (await axis.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.move(box.x + box.width / 2, box.y + box.height - 1);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.5, { steps: 4 });
    await page.mouse.up();
    const passing = async () => Number(/^(\d+) of/.exec((await plot.getAttribute('aria-label')) ?? '')?.[1]);
    await expect.poll(passing).toBeLessThan(RUNS - 1);
    expect(page.url()).toContain('brush=');
    await page.getByRole('textbox', { name: 'lr to' }).fill('0.055');
    await page.keyboard.press('Enter');
    await expect.poll(passing).toBe(5);
    await page.getByRole('button', { name: 'Compare these 5' }).click();
    await page.getByRole('heading', { name: '4 runs against trial-0' }).waitFor();
  });

  it('draws a point for each run, and opens one by key', async () => {
    await open('scatter', active());
    const plot = page.getByRole('img', {
      name: new RegExp(`^(auc|log_loss) against lr, ${RUNS - 1} points`),
    });
    await plot.waitFor();
    expect(await plot.locator('circle').count()).toBe(RUNS - 1);
    await page.getByRole('combobox', { name: 'Colour' }).fill('kind');
    await page.getByRole('option', { name: 'kind' }).click();
    await page.getByText('kind forest').waitFor();
    await plot.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.locator('.r-tip').getByText('trial-1', { exact: true }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`/runs/${ids[1]}`));
  });

  it('has a table of what each plot shows, and copies it', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const twin = async (tab: string, more = '') => {
      await open(tab, active(), more);
      await page.getByRole('button', { name: 'Table', exact: true }).click();
      const grid = page.getByRole('grid');
      await grid.getByRole('row').nth(1).waitFor();
      return grid;
    };
    const cells = async (row: Locator) => (await row.getByRole('gridcell').allInnerTexts()).join(' | ');
    const points = await twin('scatter', '&px=params.lr&py=metrics.auc&by=params.kind');
    expect(await points.getAttribute('aria-rowcount')).toBe(String(RUNS));
    expect(await points.getByRole('columnheader').allInnerTexts()).toEqual(['name', 'lr', 'auc', 'kind']);
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('menuitem', { name: 'CSV' }).click();
    await page.getByText(`${RUNS - 1} rows of auc against lr copied as CSV.`).waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text.split('\r\n').slice(0, 2)).toEqual([
      'name,lr,auc,kind',
      expect.stringMatching(/^trial-0,0\.01,/),
    ]);
    const boxes = await twin('box', '&py=metrics.auc');
    expect(await cells(boxes.getByRole('row').nth(1))).toBe(
      'boosted | 7 | 0.7000 | 0.7450 | 0.7900 | 0.8350 | 0.8800',
    );
    // Only what passes the brushed axes.
    const lines = await twin('parallel', '&brush=params.lr%400-0.2');
    const passing = Number(await lines.getAttribute('aria-rowcount')) - 1;
    expect(passing).toBeGreaterThan(0);
    expect(passing).toBeLessThan(RUNS - 1);
    await page.getByRole('button', { name: 'Chart', exact: true }).click();
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    const saved = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: 'SVG' }).click();
    const file = await (await saved).path();
    expect(readFileSync(file, 'utf8')).toMatch(/^<svg[^]*stroke: ?rgb[^]*<\/svg>$/);
  });

  it('groups a metric by a param', async () => {
    await open('box', active());
    const plot = page.getByRole('img', { name: /^boosted: / });
    await plot.waitFor();
    expect(await plot.locator('.r-box').count()).toBe(3);
  });

  it('says which params go with a metric, and when there are too few runs to say', async () => {
    await open('importance', active(), '&py=metrics.auc');
    const figure = page.getByRole('figure', { name: 'Importance of params for auc' });
    await figure.waitFor();
    const rows = await figure.locator('.r-pair').allInnerTexts();
    expect(rows[0]).toMatch(/^lr\s*1\.?0*\s+n 23, auc goes down/);
    expect(rows.join(' ')).toContain('may be chance');
    await open('importance', some());
    await page.getByText('Too few runs').waitFor();
  });

  it('compares code, data and environment down to the lines', async () => {
    await open('code', [ids[0], ids[12]]);
    await page.getByRole('row', { name: /^commit code a41f9c0 b7d1e22/ }).waitFor();
    await page.getByText('1 line removed, 1 added').waitFor();
    await open('data', [ids[0], ids[12]]);
    await page.getByRole('row', { name: /^flights data 7c1e0a 91bb42/ }).waitFor();
    await open('environment', [ids[0], ids[1]]);
    await page.getByText('1 line removed, 1 added').waitFor();
    await page.getByText('numpy==2.1').waitFor();
  });

  it('is sensible with one run, none, ones that are gone and ones in the trash', async () => {
    await open('table', [ids[0]]);
    await page.getByText('One run alone').waitFor();
    await page.getByRole('row', { name: /^same param/ }).waitFor();
    await open('charts', []);
    await page.getByText('Choose two runs or more').waitFor();
    await open('charts', ['0'.repeat(32)]);
    await page.getByText('None of these runs is in this project any more').waitFor();
    await open('table', [ids[0], ids[RUNS - 1], 'f'.repeat(32)]);
    await page
      .getByText('1 run of them is in the trash. 1 run of the address is not in this project')
      .waitFor();
  });

  it('follows a run that goes on', async () => {
    const { run } = await post<{ run: { info: { run_id: string } } }>('/runs/create', {
      experiment_id: '0',
      run_name: 'live',
      start_time: BEGAN,
    });
    const log = (from: number) =>
      post('/runs/log-batch', {
        run_id: run.info.run_id,
        metrics: [0, 1, 2].map((at) => ({
          key: 'log_loss',
          value: 1 / (1 + from + at),
          timestamp: BEGAN + (from + at) * 1000,
          step: from + at,
        })),
      });
    await log(0);
    await open('charts', [run.info.run_id]);
    await page.getByRole('img', { name: /^log_loss, step 0 to 2:/ }).waitFor();
    await log(3);
    await page.getByRole('img', { name: /^log_loss, step 0 to 5:/ }).waitFor();
  });

  it.each(LOOKS)('has nothing wrong for axe and fits at $size.width pixels in $scheme', async (look) => {
    await wear(page, look);
    for (const tab of TABS) {
      await open(tab, tab === 'table' || tab === 'code' || tab === 'environment' ? some() : active());
      await page.locator('main .r-panel').first().waitFor();
      if (tab === 'charts') await page.locator('canvas').first().waitFor();
      expect([tab, await flawsOf(page, `compare-${tab}`, look)]).toEqual([tab, []]);
    }
    await wear(page);
  });
});
