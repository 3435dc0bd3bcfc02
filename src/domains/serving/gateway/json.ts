import { isUtf8 } from 'node:buffer';
import { AppError, ERRORS, invalid } from '../../../lib/errors.ts';

/** Deepest nesting of a request. */
const MAX_DEPTH = 32;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const HALF_PAIR = /[\ud800-\udfff]/u;

/**
 * Parses a request body once. Refuses with 400 what JSON.parse would let pass: duplicate keys, deep nesting,
 * bytes that are no UTF-8, and texts with half a surrogate pair. Keys like `__proto__` are plain data.
 */
export function parseJson(body: Buffer): unknown {
  const escaped = scan(body);
  if (!isUtf8(body)) throw invalid('The body is not UTF-8.');
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    const nan = cause instanceof SyntaxError && /\b(NaN|Infinity)\b/.test(body.toString('latin1', 0, 10_000));
    throw new AppError(ERRORS.INVALID, 'The body is not valid JSON in UTF-8.', {
      hint: nan
        ? 'JSON has no NaN or Infinity: send null for a missing value.'
        : 'Check it with a JSON parser.',
      cause,
    });
  }
  if (escaped && !wellFormed(value)) throw invalid('A text in the body holds half a surrogate pair.');
  return value;
}

interface Keys {
  hashes: number[];
  /** Exact texts, from the first suspicion on. */
  texts: Set<string> | undefined;
  starts: number[];
  ends: number[];
}

/** One pass over the bytes: depth and duplicate keys. Returns whether any text has a `\u` escape. */
function scan(body: Buffer): boolean {
  const stack: (Keys | null)[] = [];
  let expectKey = false;
  let escaped = false;
  const end = body.length;
  for (let i = 0; i < end; i++) {
    const byte = body[i] as number;
    if (byte === QUOTE) {
      const start = i + 1;
      let hash = 0x811c9dc5;
      let plain = true;
      for (i = start; i < end; i++) {
        const inner = body[i] as number;
        if (inner === QUOTE) break;
        if (inner === BACKSLASH) {
          plain = false;
          if (body[i + 1] === 0x75) escaped = true;
          i++;
        } else if (expectKey) hash = Math.imul(hash ^ inner, 0x01000193);
      }
      if (expectKey) {
        addKey(stack[stack.length - 1] as Keys, body, start, i, plain ? hash : -1);
        expectKey = false;
      }
    } else if (byte === 0x7b || byte === 0x5b) {
      const object = byte === 0x7b;
      if (stack.length >= MAX_DEPTH) throw invalid(`The body nests deeper than ${MAX_DEPTH} levels.`);
      stack.push(object ? { hashes: [], texts: undefined, starts: [], ends: [] } : null);
      expectKey = object;
    } else if (byte === 0x7d || byte === 0x5d) {
      stack.pop();
      expectKey = false;
    } else if (byte === 0x2c) {
      expectKey = stack.length > 0 && stack[stack.length - 1] !== null;
    }
  }
  return escaped;
}

/** Compares hashes; equal hashes, escapes and large objects go to a set of decoded texts. */
function addKey(keys: Keys, body: Buffer, start: number, end: number, hash: number): void {
  const { hashes, starts, ends } = keys;
  if (!keys.texts && (hash === -1 || hashes.length >= 24 || hashes.includes(hash))) {
    keys.texts = new Set(starts.map((from, i) => decodeKey(body, from, ends[i] as number)));
  }
  if (keys.texts) {
    const text = decodeKey(body, start, end);
    if (keys.texts.has(text))
      throw invalid(`The body names the key "${text.slice(0, 60)}" twice in one object.`);
    keys.texts.add(text);
    return;
  }
  hashes.push(hash);
  starts.push(start);
  ends.push(end);
}

function decodeKey(body: Buffer, start: number, end: number): string {
  const raw = body.toString('utf8', start, end);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}

function wellFormed(value: unknown): boolean {
  if (typeof value === 'string') return !HALF_PAIR.test(value);
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(wellFormed);
  return Object.entries(value).every(([key, item]) => !HALF_PAIR.test(key) && wellFormed(item));
}
