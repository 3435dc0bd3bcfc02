const MOST = { head: 262_144, tail: 786_432 };

/** What a command printed: its beginning and its end, however much there is between them. */
export class KeptOutput {
  readonly #head: Buffer[] = [];
  readonly #tail: Buffer[] = [];
  #headBytes = 0;
  #tailBytes = 0;
  #leftOut = 0;

  add(chunk: Buffer): void {
    const room = MOST.head - this.#headBytes;
    const first = chunk.subarray(0, room);
    if (first.length > 0) this.#head.push(first);
    this.#headBytes += first.length;
    const rest = chunk.subarray(first.length);
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    while (this.#tailBytes - (this.#tail[0]?.length ?? 0) >= MOST.tail) {
      const gone = this.#tail.shift()?.length ?? 0;
      this.#tailBytes -= gone;
      this.#leftOut += gone;
    }
  }

  text(): string {
    const note = this.#leftOut > 0 ? `\n[${this.#leftOut} bytes are left out here]\n` : '';
    return `${Buffer.concat(this.#head)}${note}${Buffer.concat(this.#tail)}`;
  }
}
