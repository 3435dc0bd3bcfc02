const RUN_ID = /^[0-9a-f]{32}$/;
const SORTABLE_ID = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;
/** Crockford's alphabet, lower case: no i, l, o, u, and in ASCII order, so text order is number order. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** A fresh random id of 32 hexadecimal digits, as MLflow runs have. */
export function newRunId(): string {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

export const isRunId = (text: string): boolean => RUN_ID.test(text);

let lastTime = 0;
let lastRandom = 0n;

/**
 * A fresh id of 26 characters whose text order is creation order: 48 bits of milliseconds, then 80 random bits (a ULID).
 * Within one process ids never go backwards, not even when the clock does.
 */
export function newSortableId(now: number = Date.now()): string {
  if (now > lastTime) {
    lastTime = now;
    lastRandom = BigInt(`0x${hex(crypto.getRandomValues(new Uint8Array(10)))}`);
  } else {
    lastRandom += 1n;
    if (lastRandom >> 80n) {
      lastTime += 1;
      lastRandom = 0n;
    }
  }
  return base32((BigInt(lastTime) << 80n) | lastRandom);
}

export const isSortableId = (text: string): boolean => SORTABLE_ID.test(text);

/** Milliseconds since 1970 UTC at which a sortable id was made. */
export function timeOfSortableId(id: string): number {
  let time = 0;
  for (const character of id.slice(0, 10)) time = time * 32 + ALPHABET.indexOf(character);
  return time;
}

/** SHA-256 as 64 hexadecimal digits; text is hashed as UTF-8. */
export async function sha256(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

/**
 * JSON with sorted keys and without blanks, so that equal values have equal text and equal digests. Undefined members are left
 * out; what JSON cannot carry (NaN, infinities, functions, bigints, cycles) throws TypeError instead of becoming null.
 */
export function canonicalJson(value: unknown): string {
  return write(value, []);
}

/** First 12 digits of a digest for display, without an algorithm prefix such as `sha256:`. */
export const shortDigest = (digest: string): string => digest.slice(digest.lastIndexOf(':') + 1).slice(0, 12);

/** First 8 characters of an id for display. */
export const shortId = (id: string): string => id.slice(0, 8);

function write(value: unknown, parents: object[]): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value !== 'object') throw new TypeError(`${String(value)} has no JSON form.`);
  if (parents.includes(value)) throw new TypeError('A value that contains itself has no JSON form.');
  const inside = [...parents, value];
  if (Array.isArray(value)) return `[${value.map((item) => write(item, inside)).join(',')}]`;
  if (value instanceof Date) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member, inside)}`).join(',')}}`;
}

function base32(value: bigint): string {
  let text = '';
  for (let left = value, i = 0; i < 26; i++, left >>= 5n) text = ALPHABET[Number(left & 31n)] + text;
  return text;
}

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
