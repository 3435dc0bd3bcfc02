// What the example's models are worth, month by month and week by week: prints the tables of examples/flights/README.md.
import { hourBaseline } from '../examples/flights/baseline.ts';
import { AS_OF_INPUTS, STATIC_INPUTS, type ModelInput } from '../examples/flights/features.ts';
import { predict, trainGbdt, type Ensemble } from '../examples/flights/gbdt.ts';
import { toOnnx } from '../examples/flights/onnx.ts';
import { MODEL_OPTIONS } from '../examples/flights/settings.ts';
import { openFlights, readFlights, type Flights } from './flights-data.ts';

const MOST_ROWS = 400_000;
const DECISIVE_Z = 3.5;
const MONTHS = [2, 3, 4, 5, 6];

const flights = await readFlights(await openFlights());
const january = trainingRows(flights, [1]);
const baseline = hourBaseline(pick(flights.columns[0]!, january), pick(flights.labels, january));
const fixed = train('static, January', STATIC_INPUTS, january);
const first = train('as-of, January', AS_OF_INPUTS, january);
const tests = [
  { name: '1, last week', rows: lastWeek(flights, 1) },
  ...MONTHS.map((month) => ({ name: `${month}`, rows: monthRows(month) })),
];

const baselineLoss = lossOf(baseline);
const fixedLoss = lossOf(fixed);
const firstLoss = lossOf(first);
table(
  [
    'tested on',
    'rows',
    'share late',
    'log loss of the baseline',
    'static: skill / AUC',
    'as-of: skill / AUC',
    'sd of the gain per row',
  ],
  tests.map(({ name, rows }) => [
    name,
    rows.length.toLocaleString('en'),
    shareLate(rows).toFixed(3),
    mean(rows, (i) => baselineLoss[i]!).toFixed(4),
    `${skill(fixedLoss, rows)} / ${auc(fixed, rows)}`,
    `${skill(firstLoss, rows)} / ${auc(first, rows)}`,
    gain(baselineLoss, firstLoss, rows).sd.toFixed(3),
  ]),
);

const retrained = MONTHS.slice(1).map((month) => compare(month, 'all months before', range(1, month - 1)));
const newest = MONTHS.slice(1).map((month) => compare(month, 'the month before', [month - 1]));
table(
  [
    'tested on',
    'trained on',
    'skill',
    'paired gain over January: mean',
    'sd per row',
    `rows for a paired z of ${DECISIVE_Z}`,
    'z of the month if only days are independent',
  ],
  [...retrained, ...newest],
);

table(
  [
    'week from',
    'rows',
    'share late',
    'log loss of the baseline',
    'log loss of the model',
    'skill',
    'standard error by rows',
    'by days',
    'skill / baseline',
  ],
  weeks().map(({ monday, rows }) => {
    const { mean: won, sd, errorByDay } = gain(baselineLoss, firstLoss, rows);
    const [before, after] = [baselineLoss, firstLoss].map((loss) => mean(rows, (i) => loss[i]!));
    const errors = [sd / Math.sqrt(rows.length), errorByDay].map((error) => error.toFixed(4));
    const losses = [before!.toFixed(4), after!.toFixed(4), won.toFixed(4)];
    return [
      monday,
      rows.length.toLocaleString('en'),
      shareLate(rows).toFixed(3),
      ...losses,
      ...errors,
      (won / before!).toFixed(3),
    ];
  }),
);

function train(name: string, inputs: readonly ModelInput[], rows: Int32Array): Ensemble {
  const started = performance.now();
  const columns = inputs.map((_, f) => pick(flights.columns[f]!, rows));
  const model = trainGbdt(
    inputs.map((input) => input.name),
    { columns, labels: pick(flights.labels, rows) },
    MODEL_OPTIONS,
  );
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${name}: ${rows.length} rows, ${inputs.length} inputs, ${seconds.toFixed(1)} s, ONNX ${toOnnx(model).length} bytes`,
  );
  return model;
}

function compare(month: number, name: string, before: number[]): string[] {
  const rows = monthRows(month);
  const loss = lossOf(
    train(`as-of, months ${before.join(' ')}`, AS_OF_INPUTS, trainingRows(flights, before)),
    rows,
  );
  const won = gain(firstLoss, loss, rows);
  const needed = won.mean > 0 ? Math.ceil(((DECISIVE_Z * won.sd) / won.mean) ** 2) : Infinity;
  return [
    `${month}`,
    name,
    skill(loss, rows),
    won.mean.toFixed(4),
    won.sd.toFixed(3),
    needed <= rows.length ? needed.toLocaleString('en') : 'more than a month has',
    (won.mean / won.errorByDay).toFixed(1),
  ];
}

/** At most MOST_ROWS seeded rows of these months without the last week of the newest, which is kept for evaluation. */
function trainingRows(from: Flights, months: number[]): Int32Array {
  const held = new Set(lastWeek(from, Math.max(...months)));
  const rows = [...from.month.keys()].filter((i) => months.includes(from.month[i]!) && !held.has(i));
  let state = 1;
  for (let i = 0; i < Math.min(MOST_ROWS, rows.length); i++) {
    state = (state * 48271) % 2147483647;
    const j = i + (state % (rows.length - i));
    [rows[i], rows[j]] = [rows[j]!, rows[i]!];
  }
  return Int32Array.from(rows.slice(0, MOST_ROWS)).sort();
}

function lastWeek(from: Flights, month: number): Int32Array {
  const rows = monthRows(month);
  const lastDay = from.day[rows[rows.length - 1]!]!;
  return rows.filter((i) => from.day[i]! > lastDay - 7);
}

function monthRows(month: number): Int32Array {
  return Int32Array.from(flights.month.keys()).filter((i) => flights.month[i] === month);
}

/** Weeks from Monday; 2001-01-01 was one. The weeks that the January model was trained on are left out. */
function weeks(): { monday: string; rows: Int32Array }[] {
  const all = Int32Array.from(flights.month.keys());
  return range(3, 25).map((week) => {
    const rows = all.filter(
      (i) => Math.floor(flights.day[i]! / 7) === week && (flights.month[i]! > 1 || flights.day[i]! >= 24),
    );
    return { monday: new Date(Date.UTC(2001, 0, 1 + week * 7)).toISOString().slice(0, 10), rows };
  });
}

/** Log loss of every row asked for, at the place of the row. */
function lossOf(model: Ensemble, rows: Int32Array = Int32Array.from(flights.month.keys())): Float64Array {
  const answers = predict(
    model,
    model.features.map((_, f) => pick(flights.columns[f]!, rows)),
  );
  const loss = new Float64Array(flights.labels.length).fill(NaN);
  rows.forEach((row, i) => (loss[row] = -Math.log(flights.labels[row] ? answers[i]! : 1 - answers[i]!)));
  return loss;
}

interface Gain {
  mean: number;
  /** Of one row's gain. */
  sd: number;
  /** Standard error of the mean if days, not rows, are independent: flights of one day share its weather. */
  errorByDay: number;
}

/** How much less `challenger` loses than `champion` on the same rows. */
function gain(champion: Float64Array, challenger: Float64Array, rows: Int32Array): Gain {
  const average = mean(rows, (i) => champion[i]! - challenger[i]!);
  const days = new Map<number, number>();
  let squares = 0;
  for (const i of rows) {
    const rest = champion[i]! - challenger[i]! - average;
    squares += rest ** 2;
    days.set(flights.day[i]!, (days.get(flights.day[i]!) ?? 0) + rest);
  }
  const daySquares = [...days.values()].reduce((sum, rest) => sum + rest ** 2, 0);
  const errorByDay = Math.sqrt((daySquares * days.size) / (days.size - 1)) / rows.length;
  return { mean: average, sd: Math.sqrt(squares / rows.length), errorByDay };
}

function skill(loss: Float64Array, rows: Int32Array): string {
  return gain(baselineLoss, loss, rows).mean.toFixed(4);
}

/** Probability that a late flight got the higher answer than one in time; ties count half. */
function auc(model: Ensemble, rows: Int32Array): string {
  const answers = predict(
    model,
    model.features.map((_, f) => pick(flights.columns[f]!, rows)),
  );
  const order = [...rows.keys()].sort((a, b) => answers[a]! - answers[b]!);
  let [late, inTime, wins] = [0, 0, 0];
  for (let from = 0, to = 0; from < order.length; from = to) {
    let [lateHere, inTimeHere] = [0, 0];
    for (; to < order.length && answers[order[to]!] === answers[order[from]!]; to++) {
      if (flights.labels[rows[order[to]!]!]) lateHere++;
      else inTimeHere++;
    }
    wins += lateHere * (inTime + inTimeHere / 2);
    late += lateHere;
    inTime += inTimeHere;
  }
  return (wins / (late * inTime)).toFixed(3);
}

function shareLate(rows: Int32Array): number {
  return mean(rows, (i) => flights.labels[i]!);
}

function mean(rows: Int32Array, value: (row: number) => number): number {
  let sum = 0;
  for (const row of rows) sum += value(row);
  return sum / rows.length;
}

function pick<T extends Float32Array | Uint8Array>(values: T, rows: Int32Array): T {
  const picked = values.slice(0, rows.length) as T;
  rows.forEach((row, i) => (picked[i] = values[row]!));
  return picked;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function table(head: string[], rows: string[][]): void {
  for (const cells of [head, head.map(() => '---'), ...rows]) console.log(`| ${cells.join(' | ')} |`);
  console.log();
}
