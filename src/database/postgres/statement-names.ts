/** From this use on a statement is worth a name. */
const OFTEN = 5;
/** Each connection keeps a plan of each name. */
const MOST_NAMES = 300;
const MOST_COUNTED = 5000;

/**
 * Names of the statements that come often. PostgreSQL parses a named statement once a connection and soon plans it no more, which is
 * most of the work of a short one.
 */
export class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #uses = new Map<string, number>();
  readonly #never = new Set<string>();
  #made = 0;

  of(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    if (this.#made >= MOST_NAMES || this.#never.has(text)) return undefined;
    const uses = (this.#uses.get(text) ?? 0) + 1;
    if (uses < OFTEN) {
      if (this.#uses.size >= MOST_COUNTED) this.#uses.clear();
      this.#uses.set(text, uses);
      return undefined;
    }
    this.#uses.delete(text);
    const name = `rondo_${++this.#made}`;
    this.#names.set(text, name);
    return name;
  }

  /** A text whose columns changed has no name any more; the name stays taken, for connections know it. */
  forget(text: string): void {
    if (this.#names.delete(text)) this.#never.add(text);
  }
}

/** A migration changed what a named statement answers (PostgreSQL: "cached plan must not change result type"). */
export const isStalePlan = (error: unknown): boolean => {
  const { code, message } = error as { code?: string; message?: string };
  return code === '0A000' && (message ?? '').includes('cached plan');
};
