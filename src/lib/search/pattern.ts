import { RE2JS } from 're2js';

/** Longest regular expression a filter may hold, in characters. */
export const PATTERN_LIMIT = 500;
const KEPT = 50;
const compiled = new Map<string, RE2JS>();

/**
 * Whether the regular expression matches somewhere in the text. RE2's syntax: linear time in the text whatever the
 * pattern, so that no filter can hold the process; no look-around, no back-references. Throws on a pattern it cannot read.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  return compile(pattern).matcher(text).find();
}

/** Throws what is wrong with the pattern. */
export function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  if (pattern.length > PATTERN_LIMIT)
    throw new Error(`it has ${pattern.length} characters, at most ${PATTERN_LIMIT} are read`);
  const fresh = RE2JS.compile(pattern);
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(pattern, fresh);
  return fresh;
}
