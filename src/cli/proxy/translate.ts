import type { ProxyState, Side } from './state.ts';

const EXPERIMENT_KEYS = new Set([
  'experiment_id',
  'experimentId',
  'experiment_ids',
  'experimentIds',
  'locations',
]);
const FILES = /(\/mlflow-artifacts\/artifacts\/|^mlflow-artifacts:\/)(\d+)(?=\/|$)/;
const TOKEN_MOST = 10_000;

/** Long ids are unique wherever they stand; numbers of experiments are so only in their places. */
const LONG_ID = /\b(?:m-|tr-|a-)?[0-9a-f]{32}\b/g;

/**
 * The names that one side has for what clients call otherwise. Mostly there are none: ids are the same on both sides. Experiments
 * whose number was taken differ, and what was made after the cut-over has another id in MLflow, which chooses its own.
 */
export class Translation {
  readonly #state: ProxyState;
  readonly #side: Side;
  readonly #there = new Map<string, string>();
  readonly #here = new Map<string, string>();
  /** Page tokens of this side by those that clients hold; they are forgotten with this process. */
  readonly #tokens = new Map<string, string>();

  constructor(state: ProxyState, side: Side) {
    this.#state = state;
    this.#side = side;
    for (const { kind, known, there } of state.ids(side)) this.#remember(kind, known, there);
  }

  get isEmpty(): boolean {
    return this.#there.size === 0;
  }

  /** The side calls it so; the note is durable. */
  note(kind: 'experiment' | 'id', known: string, there: string): void {
    if (known === there) return;
    this.#state.noteId(kind, known, this.#side, there);
    this.#remember(kind, known, there);
  }

  noteToken(known: string, there: string): void {
    this.#tokens.set(known, there);
    for (const oldest of this.#tokens.keys()) {
      if (this.#tokens.size <= TOKEN_MOST) break;
      this.#tokens.delete(oldest);
    }
  }

  /** The side's own page token for one that a client holds. */
  token(known: string): string | undefined {
    return this.#tokens.get(known);
  }

  #remember(kind: string, known: string, there: string): void {
    this.#there.set(`${kind} ${known}`, there);
    this.#here.set(`${kind} ${there}`, known);
  }

  /** Path and query for the side. */
  url(url: string): string {
    if (this.isEmpty) return url;
    const [path = '', query] = url.split('?', 2);
    const plain = this.#text(path, this.#there);
    if (query === undefined) return plain;
    const pairs = new URLSearchParams();
    for (const [key, value] of new URLSearchParams(query))
      pairs.append(key, this.#value(value, key, this.#there) as string);
    return `${plain}?${pairs}`;
  }

  /** A JSON body for the side. */
  toSide(value: unknown): unknown {
    return this.isEmpty ? value : this.#value(value, '', this.#there);
  }

  /** A JSON answer of the side, for clients. */
  fromSide(value: unknown): unknown {
    return this.isEmpty ? value : this.#value(value, '', this.#here);
  }

  #value(value: unknown, key: string, names: ReadonlyMap<string, string>): unknown {
    if (Array.isArray(value)) return value.map((each) => this.#value(each, key, names));
    if (typeof value === 'string') {
      if (EXPERIMENT_KEYS.has(key)) return names.get(`experiment ${value}`) ?? value;
      return this.#text(value, names);
    }
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, this.#value(each, name, names)]),
    );
  }

  #text(text: string, names: ReadonlyMap<string, string>): string {
    return text
      .replace(LONG_ID, (id) => names.get(`id ${id}`) ?? id)
      .replace(FILES, (_all, before: string, id: string) => before + (names.get(`experiment ${id}`) ?? id));
  }
}
