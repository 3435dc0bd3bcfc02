import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flawsOf, LOOKS, openBrowser, openPage, settled, wear } from '../harness/browser.ts';
import { endGateway, type ServerProcess, serverProcess } from '../harness/process.ts';

const RUNS = 400;
/** Page, scroll bars, head and pane of the table: what has a layer of its own however many rows there are. */
const MOST_LAYERS = 20;
/** Of a row of 13 cells: its cells, one element in each number, and what name, status and time take. */
const MOST_ELEMENTS = 40;

interface Layer {
  width: number;
  height: number;
}

describe('a table of many rows, as the browser draws it', () => {
  const data = mkdtempSync(join(tmpdir(), 'rondo-table-'));
  let server: ServerProcess;
  let browser: Browser;
  let page: Page;
  let devtools: CDPSession;
  let faults: string[];
  let address: string;

  async function post<T>(path: string, body: unknown): Promise<T> {
    const response = await fetch(`${server.url}/api/2.0/mlflow${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect([path, response.status]).toEqual([path, 200]);
    return (await response.json()) as T;
  }

  beforeAll(async () => {
    server = await serverProcess(data);
    const { experiment_id } = await post<{ experiment_id: string }>('/experiments/create', { name: 'many' });
    for (let from = 0; from < RUNS; from += 20)
      await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const at = from + index;
          const start_time = 1_790_000_000_000 + at * 1000;
          const { run } = await post<{ run: { info: { run_id: string } } }>('/runs/create', {
            experiment_id,
            run_name: `trial-${at}`,
            start_time,
          });
          await post('/runs/log-batch', {
            run_id: run.info.run_id,
            metrics: Array.from({ length: 9 }, (__, key) => ({
              key: `metric-${key}`,
              value: at / (key + 1),
              timestamp: start_time,
              step: 0,
            })),
            params: [{ key: 'depth', value: String(at % 5) }],
          });
        }),
      );
    const columns = Array.from({ length: 9 }, (_, key) => `metrics.metric-${key}`);
    address = `/p/default/experiments?experiment=${experiment_id}&cols=name,status,params.depth,${columns.join(',')},started`;
    browser = await openBrowser();
    ({ page, faults } = await openPage(browser, server, address));
    devtools = await page.context().newCDPSession(page);
    await page.evaluate(() =>
      localStorage.setItem('rondo.table.runs', JSON.stringify({ order: [], pinned: ['params.depth'] })),
    );
  });
  afterAll(async () => {
    expect(faults).toEqual([]);
    await browser?.close();
    await server?.stop();
    await endGateway(data);
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  });

  const open = async () => {
    await page.goto(server.url + address);
    await settled(page);
    await page.locator('.r-run-name').first().waitFor();
  };
  const rows = () => page.locator('.r-table-body > .r-table-row');
  const scroll = (to: { left?: number; top?: number }) =>
    page.locator('.r-table-scroll').evaluate(async (element, place) => {
      element.scrollTo(place);
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }, to);
  /** Left edges of a column's head and of its first cell in sight. */
  const edges = (column: number) =>
    page.evaluate(
      (at) =>
        ['.r-table-head', '.r-table-body'].map((part) =>
          Math.round(
            document.querySelector(`${part} .r-table-row > .r-cell:nth-child(${at})`)?.getBoundingClientRect()
              .left ?? -1,
          ),
        ),
      column,
    );

  /** Layers of the page as it is composited now. */
  async function layers(): Promise<Layer[]> {
    const told = new Promise<Layer[]>((resolve) => {
      const hear = ({ layers: list }: { layers?: Layer[] }) => {
        if (!list) return;
        devtools.off('LayerTree.layerTreeDidChange', hear);
        resolve(list);
      };
      devtools.on('LayerTree.layerTreeDidChange', hear);
    });
    await devtools.send('LayerTree.enable');
    await scroll({ top: 1400 });
    const list = await told;
    await devtools.send('LayerTree.disable');
    return list;
  }

  it('has as many layers and elements as it needs, whatever is pinned and wherever it stands', async () => {
    await wear(page);
    await open();
    expect(await rows().count()).toBeGreaterThan(30);
    expect((await layers()).length).toBeLessThan(MOST_LAYERS);
    await scroll({ left: 300, top: 0 });
    expect((await layers()).length).toBeLessThan(MOST_LAYERS);
    const most = await rows().evaluateAll((list) =>
      Math.max(...list.map((row) => row.querySelectorAll('*').length)),
    );
    expect(most).toBeLessThanOrEqual(MOST_ELEMENTS);
    const stuck = await rows().evaluateAll(
      (list) =>
        list
          .flatMap((row) => [row, ...row.querySelectorAll('*')])
          .filter((each) => ['sticky', 'fixed'].includes(getComputedStyle(each).position)).length,
    );
    expect(stuck).toBe(0);
  });

  it('keeps pinned columns in sight and moves the others under them, heads with their cells', async () => {
    await open();
    const before = await Promise.all([1, 2, 3, 5].map(edges));
    await scroll({ left: 300 });
    const after = await Promise.all([1, 2, 3, 5].map(edges));
    expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
    expect(after[3]).toEqual(before[3]?.map((left) => left - 300));
    const covered = await page.evaluate(() => {
      const cell = document.querySelector('.r-table-body .r-cell:nth-child(3)')?.getBoundingClientRect();
      return (
        cell &&
        document
          .elementFromPoint(cell.left + 4, cell.top + 4)
          ?.closest('.r-cell')
          ?.matches(':nth-child(3)')
      );
    });
    expect(covered).toBe(true);
    await scroll({ left: 0 });
    expect(await Promise.all([1, 2, 3, 5].map(edges))).toEqual(before);
  });

  it('brings the current column into sight', async () => {
    await open();
    await page.getByRole('grid', { name: 'Runs' }).focus();
    for (let at = 0; at < 12; at++) await page.keyboard.press('ArrowRight');
    await expect
      .poll(() => page.locator('.r-table-scroll').evaluate((each) => each.scrollLeft))
      .toBeGreaterThan(100);
    for (let at = 0; at < 10; at++) await page.keyboard.press('ArrowLeft');
    await expect.poll(() => page.locator('.r-table-scroll').evaluate((each) => each.scrollLeft)).toBe(0);
  });

  it('draws rows that come with the elements of rows that went, and is in order when it rests', async () => {
    await open();
    await rows().evaluateAll((list) => {
      for (const row of list) row.setAttribute('data-seen-before', '');
    });
    const many = await rows().count();
    for (let top = 0; top <= 5600; top += 280) await scroll({ top });
    // The current row stays drawn where it is, and another takes its place.
    expect(await rows().count()).toBe(many + 1);
    expect(await page.locator('.r-table-row[data-seen-before]').count()).toBe(many);
    const places = () =>
      rows().evaluateAll((list) => list.map((row) => Number(row.getAttribute('aria-rowindex'))));
    await expect
      .poll(async () => (await places()).every((each, at, all) => at < 2 || each === (all[at - 1] ?? 0) + 1))
      .toBe(true);
    const names = await page.locator('.r-run-name').allInnerTexts();
    expect(names).toEqual((await places()).map((each) => `trial-${RUNS - (each - 1)}`));
  });

  it('leaves the focus in the row that was clicked, and takes it to the table when that row goes', async () => {
    await open();
    await page.getByRole('checkbox', { name: 'Choose row 5', exact: true }).click();
    const focused = () =>
      page.evaluate(
        () =>
          document.activeElement?.closest('[role=row], [role=grid]')?.getAttribute('aria-rowindex') ?? 'grid',
      );
    expect(await focused()).toBe('6');
    await scroll({ top: 200 });
    expect(await focused()).toBe('6');
    await scroll({ top: 5600 });
    await expect.poll(focused).toBe('grid');
    await page.keyboard.press('x');
    await expect.poll(() => page.getByText('1 chosen').count()).toBe(0);
  });

  it.each(LOOKS)('is fine at $size.width pixels in $scheme, scrolled aside', async (look) => {
    await wear(page, look);
    await open();
    await scroll({ left: 300, top: 700 });
    await rows().nth(12).hover();
    expect(await flawsOf(page, 'table-aside', look)).toEqual([]);
  });
});
