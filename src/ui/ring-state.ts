import type { Station, StationState, TurnOutcome } from './ring-geometry.ts';
import type { Asked } from './proof-host.tsx';
import type { Clock } from './time.ts';

export interface RingStation {
  state: StationState;
  /** What else is true of it; shown as a satellite on the disc's edge. `rankStates` gives both. */
  second?: StationState;
  /** One live fact, for example "0.463, limit 0.440". */
  fact: string;
  href: string;
  /** Set on a broken station when the loop cannot go on from here. */
  blocks?: boolean;
  since?: { at: number; clock: Clock };
  /** The last three events, newest first. */
  events?: readonly { at: number; clock: Clock; text: string }[];
  /** The two likeliest actions. */
  actions?: readonly { label: string; href: string }[];
}

export interface RingTurn {
  number: number;
  outcome: TurnOutcome;
  reached: Station;
}

export interface RingCentre {
  model: string;
  environment: string;
  /** The live version, for example "v2"; undefined when nothing is live. */
  version?: string;
  /** Goal metric of the newest complete window, as text from the service. */
  metric?: { name: string; value: string; interval: string; n: string; asked: Asked };
}

export interface RingState {
  stations: Readonly<Record<Station, RingStation>>;
  /** Oldest first; the last seven are drawn. */
  turns: readonly RingTurn[];
  centre: RingCentre;
  /** Set when the connection is lost: everything is shown as of this wall-clock time. */
  asOf?: number;
}
