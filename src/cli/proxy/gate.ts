/** Lets requests in, and holds new ones back for the moment in which the sides change places. */
export class Gate {
  #opened: Promise<void> | undefined;
  #open: (() => void) | undefined;
  #writes = 0;
  #waiting: (() => void)[] = [];

  async pass(): Promise<void> {
    while (this.#opened) await this.#opened;
  }

  /** Between them a write is under way. */
  begin(): void {
    this.#writes++;
  }
  end(): void {
    this.#writes--;
    if (this.#writes === 0) for (const tell of this.#waiting.splice(0)) tell();
  }

  close(): void {
    this.#opened ??= new Promise((resolve) => (this.#open = resolve));
  }

  open(): void {
    this.#opened = undefined;
    this.#open?.();
  }

  /** Settles when no write is under way; `false` after that long. */
  quiet(withinMs: number): Promise<boolean> {
    if (this.#writes === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}
