import { z } from 'zod';
import { toast } from '../ui/toasts.tsx';

const text = z.string().max(2000);
const number = z.coerce.number();
/** Text that the router has read as a number, because it looks like one. */
const name = z.union([z.string().max(300), z.number().transform(String)]);

/** Parameters of all pages; each means the same wherever it stands. */
const COMMON = {
  q: z.union([text, z.number().transform(String)]),
  sort: text,
  cols: text,
  clock: z.enum(['event', 'wall']),
};

/** The schema of one route: the parameters every page has, its tabs, and its own. */
export const searchSchema = <T extends z.ZodRawShape>(own: T, tabs?: readonly [string, ...string[]]) =>
  z.object({ ...COMMON, ...(tabs ? { tab: z.enum(tabs) } : {}), ...own }).partial();

export const FIELDS = {
  text,
  /** Lists of ids. */
  long: z.string().max(10_000),
  number,
  name,
  /** A key that somebody logged, and lists of such keys. */
  key: z.string().max(1000),
  keys: z.union([z.string().max(10_000), z.number().transform(String)]),
  id: z.coerce.number().int().positive(),
  moment: number.refine(Number.isFinite),
};

let said: { text: string; at: number } | undefined;
const ONCE_MS = 5000;

/** The router reads one address several times; a person is told once. */
function say(text: string): void {
  if (said?.text === text && Date.now() - said.at < ONCE_MS) return;
  said = { text, at: Date.now() };
  queueMicrotask(() => toast(text));
}

/** Reads the parameters of an address by the schema of its route: what does not fit is left out and said, what nobody knows is kept. */
export function parseSearch(schema: z.ZodObject) {
  return (raw: Record<string, unknown>): Record<string, unknown> => {
    const read = schema.loose().safeParse(raw);
    if (read.success) return read.data;
    const broken = [...new Set(read.error.issues.map((issue) => String(issue.path[0])))];
    const rest = Object.fromEntries(Object.entries(raw).filter(([key]) => !broken.includes(key)));
    say(`The address has no valid ${broken.join(', ')}; the page is shown without.`);
    return rest;
  };
}
