// The runs table and a run in Chromium: ms from the click on the navigation, and from a fresh load, to the first rows; frames
// while the table scrolls through pages that are still to come; ms until a run of many metrics has drawn its first chart.
//   node bench/runs-page.mjs --url http://127.0.0.1:7070 --token … --experiment 1 --run <id> [--rounds 5]
// `bench/tracking-fill.mjs` makes what it looks at, and names the experiment and the run.
import { chromium } from 'playwright-core';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:7070' },
    token: { type: 'string', default: '' },
    experiment: { type: 'string', default: '1' },
    run: { type: 'string' },
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

const ROW = '.r-table-body > .r-table-row .r-num-value';
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

const devtools = await page.context().newCDPSession(page);
await devtools.send('Performance.enable');
/** ms that the main thread has worked, and of these in scripts, in styles and in layout. */
const work = async () => {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return ['TaskDuration', 'ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration'].map(
    (name) => 1000 * (metrics.find((each) => each.name === name)?.value ?? 0),
  );
};
const before = await work();

/** Scrolls by `step` px each frame and keeps the time between frames. */
const frames = await page.evaluate(
  (count) =>
    new Promise((resolve) => {
      const scroller = document.querySelector('.r-table-scroll');
      const deltas = [];
      let last;
      const tick = (now) => {
        if (last !== undefined) deltas.push(now - last);
        last = now;
        scroller.scrollTop += 40;
        if (deltas.length < count) requestAnimationFrame(tick);
        else
          resolve({
            deltas,
            rows: Math.round(scroller.scrollTop / 28),
            screens: scroller.scrollTop / scroller.clientHeight,
          });
      };
      requestAnimationFrame(tick);
    }),
  900,
);
const { deltas } = frames;
const [task, script, style, layout] = (await work()).map((now, at) =>
  Number(((now - before[at]) / frames.screens).toFixed(1)),
);
console.log(JSON.stringify({ main_thread_ms_per_screen: { task, script, style, layout } }));
console.log(
  JSON.stringify({
    scrolled_rows: frames.rows,
    frames_per_s: Number((1000 / (deltas.reduce((sum, each) => sum + each, 0) / deltas.length)).toFixed(1)),
    p50_ms: at(deltas, 0.5),
    p95_ms: at(deltas, 0.95),
    p99_ms: at(deltas, 0.99),
    over_33_ms: deltas.filter((each) => each > 33.4).length,
    of: deltas.length,
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
