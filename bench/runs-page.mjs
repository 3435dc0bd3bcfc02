// The runs table and a run in Chromium: ms from a fresh load to the first rows, and from the last key of a filter; frames and CPU of
// the main thread while the table scrolls through pages that are still to come; ms until a run of many metrics has drawn its first chart.
//   node bench/runs-page.mjs --url http://127.0.0.1:7070 --token … --experiment 1 --run <id> [--rounds 5]
//     [--beside URL]   a server of another version with the same data: its table is scrolled in turns with this one's
// `bench/tracking-fill.mjs` makes what it looks at, and names the experiment and the run.
import { chromium } from 'playwright-core';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { GESTURES, ROW, scrolled } from './runs-scroll.mjs';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:7070' },
    token: { type: 'string', default: '' },
    experiment: { type: 'string', default: '1' },
    run: { type: 'string' },
    beside: { type: 'string' },
    rounds: { type: 'string', default: '5' },
  },
});
const rounds = Number(values.rounds);
const browser = await chromium.launch({
  executablePath: process.env.RONDO_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();

const sorted = (list) => list.toSorted((a, b) => a - b);
const at = (list, share) =>
  Number((sorted(list)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0).toFixed(1));
const summary = (list) => ({ p50_ms: at(list, 0.5), max_ms: at(list, 1) });

/** Until the selector shows, by the clock of the page itself: from its start, or from `since`. */
const shown = (selector, since = 0) =>
  page.evaluate(
    ([wanted, from]) =>
      new Promise((resolve) => {
        const look = () =>
          document.querySelector(wanted) ? resolve(performance.now() - from) : requestAnimationFrame(look);
        look();
      }),
    [selector, since],
  );

const table = `${values.url}/p/default/experiments?experiment=${values.experiment}`;
await page.goto(`${table}&token=${values.token}`);
await shown(ROW);

const fresh = [];
for (let round = 0; round < rounds; round++) {
  await page.goto('about:blank');
  await page.goto(table, { waitUntil: 'commit' });
  fresh.push(await shown(ROW));
}
console.log(JSON.stringify({ table_from_fresh_load: summary(fresh) }));

const filtered = [];
for (const bound of [0.41, 0.42, 0.43, 0.44, 0.45].slice(0, rounds)) {
  const before = await page.locator(ROW).first().textContent();
  await page
    .locator('[data-filter]')
    .fill(`metrics.log_loss < ${bound} and params.depth = '${bound * 100 - 36}'`);
  const since = await page.evaluate(() => performance.now());
  await page.waitForFunction(
    ([selector, old]) => {
      const count = document.querySelector('.r-filter-count')?.textContent ?? '';
      return count.includes(' of ') && document.querySelector(selector)?.textContent !== old;
    },
    [ROW, before],
    { polling: 'raf' },
  );
  filtered.push((await page.evaluate(() => performance.now())) - since);
}
console.log(JSON.stringify({ rows_after_last_key_of_a_filter: summary(filtered) }));
await page.goto(table);
await shown(ROW);

const round3 = (value) => (value === null ? null : Number(value.toPrecision(3)));
const middle = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const urls = [values.url, ...(values.beside ? [values.beside] : [])];
const figures = {};
for (let round = 0; round < rounds; round++)
  for (const url of urls) {
    const other = await page.context().newPage();
    await other.goto(`${table.replace(values.url, url)}&token=${values.token}`);
    await other.locator(ROW).first().waitFor();
    await other.waitForLoadState('networkidle').catch(() => {});
    const devtools = await other.context().newCDPSession(other);
    for (const gesture of Object.keys(GESTURES)) {
      const load = loadavg()[0];
      const figure = { ...(await scrolled(other, devtools, gesture)), load };
      ((figures[gesture] ??= {})[url] ??= []).push(figure);
      console.error(JSON.stringify({ round, url, gesture, ...figure }));
    }
    await other.close();
  }
for (const [gesture, byUrl] of Object.entries(figures))
  for (const [url, list] of Object.entries(byUrl))
    console.log(
      JSON.stringify({
        gesture,
        ...(values.beside ? { url } : {}),
        ...Object.fromEntries(
          Object.keys(list[0]).map((name) => [name, round3(middle(list.map((each) => each[name])))]),
        ),
      }),
    );

if (values.run) {
  for (const [name, tab, selector] of [
    ['run_overview', '', '.r-facts .r-num-value'],
    ['run_metrics', '?tab=metrics', '.r-metric-card canvas'],
  ]) {
    const took = [];
    for (let round = 0; round < rounds; round++) {
      await page.goto('about:blank');
      await page.goto(`${values.url}/p/default/runs/${values.run}${tab}`, { waitUntil: 'commit' });
      took.push(await shown(selector));
    }
    const canvases = await page.locator('canvas').count();
    console.log(JSON.stringify({ [name]: summary(took), canvases }));
  }
}
await browser.close();
