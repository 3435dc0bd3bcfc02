import type { Client, Contract } from './contract/index.ts';

/** What a room's CLI verbs get; `rondo <noun> <verb>` declares them in the room's `command.ts`. */
export interface CommandContext {
  /** From `--project`, else `RONDO_PROJECT`, else `default`. */
  project(): string;
  /** Of the project that is meant, or of another one. */
  client<C extends Contract>(contract: C, project?: string): Client<C>;
  /** The result, once: JSON with `--json`, else the text. */
  print(value: unknown, text: string): void;
  /** News while something runs, on standard error; the same line again is not repeated. */
  progress(text: string): void;
  /** Ends the command as failed after its result was printed. */
  fail(): void;
}
