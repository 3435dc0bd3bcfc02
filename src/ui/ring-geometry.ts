/** The twelve stations of the loop, clockwise from 12 o'clock. */
export const STATIONS = [
  'Design',
  'Data',
  'Features',
  'Train',
  'Track',
  'Register',
  'Pipeline',
  'Release',
  'Serve',
  'A/B',
  'Monitor',
  'Retrain',
] as const;

export type Station = (typeof STATIONS)[number];

export type StationState =
  | 'broken'
  | 'needs-you'
  | 'running'
  | 'degraded'
  | 'stale'
  | 'no-data'
  | 'done'
  | 'not-set-up';

const PRECEDENCE: readonly StationState[] = [
  'broken',
  'needs-you',
  'running',
  'degraded',
  'stale',
  'no-data',
  'done',
  'not-set-up',
];

/** Of all that is true of a station: what its disc shows, and what the satellite on its edge shows. */
export function rankStates(states: readonly StationState[]): { state: StationState; second?: StationState } {
  const sorted = PRECEDENCE.filter((each) => states.includes(each));
  const [state = 'not-set-up', second] = sorted;
  return second === undefined || second === 'done' || second === 'not-set-up' ? { state } : { state, second };
}

export interface Layout {
  name: 'full' | 'middle' | 'narrow';
  width: number;
  height: number;
  cx: number;
  cy: number;
  /** Radius of the circle of stations. */
  radius: number;
  disc: number;
  /** Radius of the oldest groove and the step to the next. */
  groove: number;
  step: number;
  /** Radius of the free centre. */
  centre: number;
}

const FULL: Layout = {
  name: 'full',
  width: 640,
  height: 560,
  cx: 320,
  cy: 280,
  radius: 188,
  disc: 20,
  groove: 118,
  step: 7,
  centre: 110,
};
const MIDDLE: Layout = {
  name: 'middle',
  width: 320,
  height: 320,
  cx: 160,
  cy: 160,
  radius: 132,
  disc: 14,
  groove: 85,
  step: 4.5,
  centre: 80,
};
const NARROW: Layout = {
  name: 'narrow',
  width: 280,
  height: 280,
  cx: 140,
  cy: 140,
  radius: 116,
  disc: 13,
  groove: 79,
  step: 3,
  centre: 75,
};

/** The variant for a container of that width in px. */
export const layoutFor = (width: number): Layout => (width >= 640 ? FULL : width >= 400 ? MIDDLE : NARROW);

export interface Point {
  x: number;
  y: number;
}

/** Angle of station k in degrees, 0 at 3 o'clock, clockwise. */
export const angleOf = (k: number) => -90 + 30 * k;

export function pointAt(layout: Layout, radius: number, degrees: number): Point {
  const a = (degrees * Math.PI) / 180;
  return { x: layout.cx + radius * Math.cos(a), y: layout.cy + radius * Math.sin(a) };
}

const DISC_GAP = 5;

/** Start and end angle of the arc from station k to the next; it keeps 5 px from both discs. */
export function arcAngles(layout: Layout, k: number): readonly [number, number] {
  const away = (2 * Math.asin((layout.disc + DISC_GAP) / (2 * layout.radius)) * 180) / Math.PI;
  return [angleOf(k) + away, angleOf(k + 1) - away];
}

/** The arc after station k; `cut` px are left out in its middle where the loop cannot go on. */
export function arcAfter(layout: Layout, k: number, cut = 0): string {
  const [from, to] = arcAngles(layout, k);
  if (cut === 0) return arcPath(layout, layout.radius, from, to);
  const half = ((cut / 2 / layout.radius) * 180) / Math.PI;
  const middle = (from + to) / 2;
  return `${arcPath(layout, layout.radius, from, middle - half)} ${arcPath(layout, layout.radius, middle + half, to)}`;
}

/** A clockwise arc on `radius` from one angle to another, less than a full circle. */
function arcPath(layout: Layout, radius: number, from: number, to: number): string {
  const a = pointAt(layout, radius, from);
  const b = pointAt(layout, radius, to);
  return `M${round(a.x)} ${round(a.y)}A${radius} ${radius} 0 ${to - from > 180 ? 1 : 0} 1 ${round(b.x)} ${round(b.y)}`;
}

export type TurnOutcome = 'promoted' | 'running' | 'rolled-back' | 'rejected' | 'inconclusive';

export interface Groove {
  radius: number;
  /** Undefined is the full circle of a promoted turn. */
  path?: string;
  tip?: Point;
  /** Angle of the tip in degrees. */
  angle: number;
}

/** The groove of turn i (0 oldest, at most 6): from 12 o'clock to the station it reached, or the full circle. */
export function grooveOf(layout: Layout, i: number, outcome: TurnOutcome, reached: number): Groove {
  const radius = layout.groove + layout.step * i;
  if (outcome === 'promoted') return { radius, angle: 270 };
  const angle = Math.max(angleOf(reached), angleOf(0) + 2);
  return {
    radius,
    path: arcPath(layout, radius, angleOf(0), angle),
    tip: pointAt(layout, radius, angle),
    angle,
  };
}

export interface LabelPlace {
  anchor: 'start' | 'middle' | 'end';
  /** Room for the fact, in characters. */
  room: number;
  /** How much of its own height the label is moved, in %, so that it keeps clear of the disc. */
  shift: number;
}

/** Share of the way a label is moved out of the middle, by station modulo 6. */
const SHIFTS: readonly number[] = [0, 1, 0.5, 0, 0.5, 1];

/** How the label of station k sits outside its disc. */
export function labelPlace(k: number): LabelPlace {
  const anchor = k === 0 || k === 6 ? 'middle' : k < 6 ? 'start' : 'end';
  const room = k === 3 || k === 9 ? 16 : [2, 4, 8, 10].includes(k) ? 20 : 28;
  const shift = -50 - 38 * Math.sign(Math.round(Math.cos((30 * k * Math.PI) / 180) * 1e6)) * SHIFTS[k % 6]!;
  return { anchor, room, shift };
}

/** Shortens a fact to the room of its label, at a space where one is near. */
export function fitFact(fact: string, room: number): string {
  if (fact.length <= room) return fact;
  const cut = fact.slice(0, room - 1);
  const space = cut.lastIndexOf(' ');
  return `${(space > room / 2 ? cut.slice(0, space) : cut).trimEnd()}\u2026`;
}

const round = (value: number) => Math.round(value * 100) / 100;
