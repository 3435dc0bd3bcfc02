// The compare page in Chromium: from the click on the tab of the curves until they are drawn, how long that takes in all, how long
// it keeps the main thread busy, when the answer with the points was there and how large it was. Fills an experiment of its own on
// a server first, unless told which one holds its runs. Of servers given beside, each with its own data, one after the other is
// measured in each round.
//   node bench/compare-page.mjs --url http://127.0.0.1:7070 --token … [--runs 100] [--points 10000] [--rounds 5] [--experiment 1]
//     [--beside URL --beside-token … [--beside-experiment 1]]   a server of another version
import { chromium } from 'playwright-core';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:7070' },
    token: { type: 'string', default: '' },
    experiment: { type: 'string' },
    beside: { type: 'string' },
    'beside-token': { type: 'string', default: '' },
    'beside-experiment': { type: 'string' },
    runs: { type: 'string', default: '100' },
    points: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
  },
});
const [runs, points, rounds] = [values.runs, values.points, values.rounds].map(Number);
const servers = [
  { url: values.url, token: values.token, experiment: values.experiment },
  ...(values.beside
    ? [{ url: values.beside, token: values['beside-token'], experiment: values['beside-experiment'] }]
    : []),
];
const BEGAN = 1_790_000_000_000;
const PIECE = 1000;

async function post({ url, token }, path, body) {
  const answer = await fetch(`${url}/api/2.0/mlflow${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** The runs of the experiment, in the order of their curves. */
async function known(server) {
  const { runs: found } = await post(server, '/runs/search', {
    experiment_ids: [server.experiment],
    max_results: runs,
    order_by: ['attributes.run_name'],
    columns: [],
  });
  return found.map(({ info }) => info.run_id);
}

async function filled(server) {
  const { experiment_id } = await post(server, '/experiments/create', { name: `compare-page ${Date.now()}` });
  console.error(`${server.url}: experiment ${experiment_id}`);
  return Promise.all(
    Array.from({ length: runs }, async (_, at) => {
      const { run } = await post(server, '/runs/create', {
        experiment_id,
        run_name: `curve-${at}`,
        start_time: BEGAN,
      });
      for (let from = 0; from < points; from += PIECE)
        await post(server, '/runs/log-batch', {
          run_id: run.info.run_id,
          metrics: Array.from({ length: Math.min(PIECE, points - from) }, (__, index) => ({
            key: 'loss',
            value: at / runs + Math.exp(-(from + index) / (points / 5)) + ((index * 7919) % 101) / 2000,
            timestamp: BEGAN + (from + index) * 1000,
            step: from + index,
          })),
        });
      return run.info.run_id;
    }),
  );
}

const browser = await chromium.launch({
  executablePath: process.env.RONDO_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});

async function opened(server) {
  const ids = await (server.experiment ? known(server) : filled(server));
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const address = `${server.url}/p/default/runs/compare?ids=${ids.join(',')}&tab=data`;
  await page.goto(`${address}${server.token ? `&token=${server.token}` : ''}`);
  await page.locator('main .r-panel .r-h2').waitFor();
  const busy = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return 1000 * metrics.find((each) => each.name === 'TaskDuration').value;
  };
  const took = {
    shown_ms: [],
    busy_ms: [],
    longest_task_ms: [],
    asked_ms: [],
    answered_ms: [],
    answer_kb: [],
  };
  return { url: server.url, page, address, busy, took };
}

async function measure({ page, address, busy, took }) {
  await page.goto('about:blank');
  await page.goto(address);
  await page.getByRole('link', { name: 'Charts', exact: true }).waitFor();
  await page.locator('main .r-panel .r-h2').waitFor();
  await page.evaluate(watch);
  const before = await busy();
  await page.getByRole('link', { name: 'Charts', exact: true }).click();
  const { clicked, shown } = await page.evaluate(() => window.drawn);
  took.shown_ms.push(shown - clicked);
  took.busy_ms.push((await busy()) - before);
  const { longest, answers } = await page.evaluate(() => ({
    longest: window.longest,
    answers: performance
      .getEntriesByType('resource')
      .filter(({ name }) => name.includes('/metric-points'))
      .map(({ startTime, responseEnd, decodedBodySize }) => ({ startTime, responseEnd, decodedBodySize })),
  }));
  took.longest_task_ms.push(longest);
  took.asked_ms.push(Math.min(...answers.map(({ startTime }) => startTime)) - clicked);
  took.answered_ms.push(Math.max(...answers.map(({ responseEnd }) => responseEnd)) - clicked);
  took.answer_kb.push(answers.reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0) / 1000);
}

/** In the page, by its own clock: Playwright looks for an element only every 500 ms after a while. */
function watch() {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) window.longest = Math.max(window.longest, each.duration);
  }).observe({ type: 'longtask' });
  performance.clearResourceTimings();
  window.drawn = new Promise((resolve) => {
    let clicked;
    addEventListener(
      'click',
      (event) => {
        clicked = event.timeStamp;
      },
      { capture: true, once: true },
    );
    new MutationObserver((_changes, observer) => {
      if (!document.querySelector('.r-chart canvas')) return;
      observer.disconnect();
      // The frame behind the one in which the canvas was drawn.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => resolve({ clicked, shown: performance.now() })),
      );
    }).observe(document, { childList: true, subtree: true });
  });
}

const each = [];
for (const server of servers) each.push(await opened(server));
for (let round = 0; round < rounds; round++) for (const server of each) await measure(server);

const at = (list, share) =>
  Math.round(list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))]);
for (const { url, took } of each)
  for (const [name, list] of Object.entries(took))
    console.log(
      JSON.stringify({
        [name]: { p50: at(list, 0.5), max: at(list, 1) },
        runs,
        points,
        ...(values.beside ? { url } : {}),
      }),
    );
await browser.close();
