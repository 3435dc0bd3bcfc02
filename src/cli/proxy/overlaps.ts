interface Span {
  lane: string | undefined;
  over: Set<Span>;
}

/** Which requests were under way at the same time, so that their order is not known. */
export class Overlaps {
  readonly #writes = new Set<Span>();
  readonly #reads = new Set<Span>();

  write(lane: string | undefined): { end(): void } {
    const span: Span = { lane, over: new Set() };
    this.#writes.add(span);
    for (const read of this.#reads) read.over.add(span);
    return { end: () => void this.#writes.delete(span) };
  }

  /** `end` tells whether a write that may have changed the answer was under way. */
  read(lane: string | undefined): { end(): boolean } {
    const span: Span = { lane, over: new Set(this.#writes) };
    this.#reads.add(span);
    return {
      end: () => {
        this.#reads.delete(span);
        return [...span.over].some((write) => lane === undefined || (write.lane ?? lane) === lane);
      },
    };
  }
}
