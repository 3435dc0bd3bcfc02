// Scrolling of the runs table in Chromium, traced: frames, CPU of the main thread by kind of work, long tasks, screens without rows.
import { traced } from './trace.mjs';

export const ROW = '.r-table-body > .r-table-row .r-num-value';
const SCROLLER = '.r-table-scroll';

/** A place each frame: `step` px further, or to and fro over all rows that are loaded, as the scroll bar is drawn. */
const placed = (step, count) => (page) =>
  page.evaluate(
    ([selector, px, most]) =>
      new Promise((resolve) => {
        const scroller = document.querySelector(selector);
        const from = scroller.scrollTop;
        const deltas = [];
        let [last, blank, longest] = [undefined, 0, 0];
        const tick = (now) => {
          const gap = last === undefined ? 0 : now - last;
          if (last !== undefined) deltas.push(gap);
          last = now;
          const box = scroller.getBoundingClientRect();
          const seen = document.elementFromPoint(box.left + 120, box.top + box.height / 2);
          blank = seen?.closest('.r-table-body > .r-table-row') ? 0 : blank + gap;
          longest = Math.max(longest, blank);
          const swing = Math.abs(Math.sin(deltas.length / 40)) * (scroller.scrollHeight * 0.9);
          scroller.scrollTop = px === null ? swing : scroller.scrollTop + px;
          if (deltas.length < most) requestAnimationFrame(tick);
          else {
            const screens = px === null ? most : (scroller.scrollTop - from) / scroller.clientHeight;
            resolve({ deltas, longest, screens });
          }
        };
        requestAnimationFrame(tick);
      }),
    [SCROLLER, step, count],
  );

/** By real wheel turns or keys, as fast as the browser takes them. */
const driven = (turn, screens) => async (page) => {
  const place = () =>
    page.locator(SCROLLER).evaluate(({ scrollTop, clientHeight }) => scrollTop / clientHeight);
  const from = await place();
  await page.evaluate(() => {
    window.ticks = [];
    const tick = (now) => {
      window.ticks?.push(now);
      if (window.ticks) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await turn(page);
  const ticks = await page.evaluate(() => {
    const { ticks } = window;
    delete window.ticks;
    return ticks;
  });
  return {
    deltas: ticks.slice(1).map((each, at) => each - ticks[at]),
    screens: screens ?? (await place()) - from,
  };
};

export const GESTURES = {
  'steady, 40 px a frame': placed(40, 240),
  'fast, 400 px a frame': placed(400, 90),
  'wheel, 600 px a turn': driven(async (page) => {
    await page.locator(SCROLLER).hover();
    for (let turn = 0; turn < 20; turn++) await page.mouse.wheel(0, 600);
  }),
  'Page Down held': driven(async (page) => {
    await page.locator(SCROLLER).focus();
    for (let press = 0; press < 20; press++) await page.keyboard.press('PageDown');
  }, 20),
  'scroll bar drawn to and fro': placed(null, 120),
};

/** One gesture on a page that shows the table, in figures. */
export async function scrolled(page, devtools, gesture) {
  await page.locator(SCROLLER).evaluate((scroller) => scroller.scrollTo({ top: 0 }));
  const { result, main_ms, long_tasks, longest_task_ms, frames } = await traced(devtools, () =>
    GESTURES[gesture](page),
  );
  const { deltas, screens } = result;
  const sum = deltas.reduce((all, each) => all + each, 0);
  const shown = (frames.presented_all ?? 0) + (frames.dropped ?? 0);
  return {
    frames_per_s: (1000 * deltas.length) / sum,
    frame_p95_ms: deltas.toSorted((a, b) => a - b)[Math.floor(deltas.length * 0.95)],
    dropped_share: shown > 0 ? (frames.dropped ?? 0) / shown : 0,
    main_ms_per_screen: main_ms.task / screens,
    ...Object.fromEntries(
      Object.entries(main_ms)
        .filter(([kind]) => kind !== 'task')
        .map(([kind, ms]) => [`${kind}_ms_per_screen`, ms / screens]),
    ),
    long_tasks,
    longest_task_ms,
    blank_ms: result.longest ?? null,
  };
}
