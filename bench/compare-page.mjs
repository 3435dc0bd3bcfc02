// The compare page in Chromium: how long the curves of many runs keep the main thread busy, from the click on their tab until
// they are drawn, and how long that takes in all. Fills its own experiment on a server first.
//   node bench/compare-page.mjs --url http://127.0.0.1:7070 --token … [--runs 100] [--points 10000] [--rounds 5]
import { chromium } from 'playwright-core';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:7070' },
    token: { type: 'string', default: '' },
    runs: { type: 'string', default: '100' },
    points: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
  },
});
const [runs, points, rounds] = [values.runs, values.points, values.rounds].map(Number);
const BEGAN = 1_790_000_000_000;
const PIECE = 1000;

async function post(path, body) {
  const answer = await fetch(`${values.url}/api/2.0/mlflow${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${values.token}` },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const { experiment_id } = await post('/experiments/create', { name: `compare-page ${Date.now()}` });
const ids = await Promise.all(
  Array.from({ length: runs }, async (_, at) => {
    const { run } = await post('/runs/create', { experiment_id, run_name: `curve-${at}`, start_time: BEGAN });
    for (let from = 0; from < points; from += PIECE)
      await post('/runs/log-batch', {
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

const browser = await chromium.launch({
  executablePath: process.env.RONDO_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
const devtools = await page.context().newCDPSession(page);
await devtools.send('Performance.enable');
const busy = async () => {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return 1000 * metrics.find((each) => each.name === 'TaskDuration').value;
};
const compare = `${values.url}/p/default/runs/compare?ids=${ids.join(',')}`;
await page.goto(`${compare}&tab=data&token=${values.token}`);

const took = { busy_ms: [], shown_ms: [], longest_task_ms: [] };
for (let round = 0; round < rounds; round++) {
  await page.goto('about:blank');
  await page.goto(`${compare}&tab=data`);
  await page.getByRole('link', { name: 'Charts', exact: true }).waitFor();
  await page.locator('main .r-panel .r-h2').waitFor();
  await page.evaluate(() => {
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const each of list.getEntries()) window.longest = Math.max(window.longest, each.duration);
    }).observe({ type: 'longtask' });
  });
  const [before, began] = [await busy(), performance.now()];
  await page.getByRole('link', { name: 'Charts', exact: true }).click();
  await page.locator('.r-chart canvas').first().waitFor();
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  took.shown_ms.push(performance.now() - began);
  took.busy_ms.push((await busy()) - before);
  took.longest_task_ms.push(await page.evaluate(() => window.longest));
}
const at = (list, share) =>
  Math.round(list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))]);
for (const [name, list] of Object.entries(took))
  console.log(JSON.stringify({ [name]: { p50: at(list, 0.5), max: at(list, 1) }, runs, points }));
await browser.close();
