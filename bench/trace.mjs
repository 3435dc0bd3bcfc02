// What a browser was busy with between two moments, from a DevTools trace.

const CATEGORIES = [
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'disabled-by-default-devtools.timeline.frame',
];

/** Kinds of work on the main thread by the names that Chromium gives it; what lies inside another kind is not counted twice. */
const KINDS = {
  script:
    /^(FunctionCall|EvaluateScript|EventDispatch|FireAnimationFrame|TimerFire|RunMicrotasks|v8\.|V8\.|XHR|FireIdleCallback|HandlePostMessage|ResourceReceivedData|MinorGC|MajorGC)/,
  style: /^(UpdateLayoutTree|ScheduleStyleRecalculation|Blink\.Style)/,
  layout: /^(Layout|Blink\.Layout)$/,
  'pre-paint': /^PrePaint$/,
  paint: /^Paint$/,
  layerize: /^Layerize$/,
  commit: /^Commit$/,
  'hit-test': /^HitTest$/,
};
const kindOf = (name) => Object.keys(KINDS).find((kind) => KINDS[kind].test(name));

/** Traces what `work` does in the page of a DevTools session; the answer has `result` of it beside the sums. */
export async function traced(devtools, work) {
  const events = [];
  const gather = ({ value }) => events.push(...value);
  devtools.on('Tracing.dataCollected', gather);
  await devtools.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: CATEGORIES, excludedCategories: ['*'] },
  });
  const result = await work();
  const ended = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
  await devtools.send('Tracing.end');
  await ended;
  devtools.off('Tracing.dataCollected', gather);
  return { result, events, ...sums(events) };
}

/** CPU ms of the busiest renderer's main thread by kind, long tasks, and what became of its frames. */
function sums(events) {
  const names = events.filter(({ name }) => name === 'thread_name');
  const mains = names.filter(({ args }) => args.name === 'CrRendererMain');
  const whole = events.filter(({ ph, dur }) => ph === 'X' && dur > 0);
  const of = ({ pid, tid }) => whole.filter((each) => each.pid === pid && each.tid === tid);
  const main = mains.map(of).toSorted((a, b) => b.length - a.length)[0] ?? [];
  const tasks = main.filter(({ name }) => name === 'RunTask');
  const pid = main[0]?.pid;
  return {
    main_ms: { task: sumOf(tasks), ...ownTimes(main) },
    long_tasks: tasks.filter(({ dur }) => dur > 50_000).length,
    longest_task_ms: Math.max(0, ...tasks.map(({ dur }) => dur)) / 1000,
    frames: framesOf(events.filter((each) => each.pid === pid)),
  };
}

/** CPU time of an event in ms: of the clock's time where Chromium has not measured it, which it leaves out for very short ones. */
const cpu = ({ tdur, dur }) => (tdur ?? dur) / 1000;
const sumOf = (list) => list.reduce((sum, each) => sum + cpu(each), 0);

/** Time of each kind without what is nested in it and is of another kind. */
function ownTimes(main) {
  const own = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, 0]));
  const open = [];
  for (const event of main.toSorted((a, b) => a.ts - b.ts || b.dur - a.dur)) {
    while (open.length > 0 && open.at(-1).end <= event.ts) open.pop();
    const kind = kindOf(event.name);
    if (kind === undefined) continue;
    const around = open.at(-1);
    if (around) own[around.kind] -= cpu(event);
    own[kind] += cpu(event);
    open.push({ kind, end: event.ts + event.dur });
  }
  return own;
}

/** Frames that the compositor wanted to show, by what became of them. */
function framesOf(events) {
  const states = {};
  for (const { name, ph, args } of events) {
    if (name !== 'PipelineReporter' || ph !== 'b') continue;
    const report = args?.chrome_frame_reporter ?? args?.frame_reporter;
    if (!report?.state) continue;
    const state = report.state.replace('STATE_', '').toLowerCase();
    const key = state === 'dropped' && !report.affects_smoothness ? 'dropped, unseen' : state;
    states[key] = (states[key] ?? 0) + 1;
  }
  return states;
}
