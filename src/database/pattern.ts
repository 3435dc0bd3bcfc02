import { RE2JS } from 're2js';
import { invalid } from '../lib/errors.ts';

const KEPT = 50;
const compiled = new Map<string, RE2JS>();

/**
 * Whether the regular expression matches somewhere in the text. RE2's syntax: linear time in the text whatever the
 * pattern, so that no filter can hold the process; no look-around, no back-references. Throws on a pattern it cannot read.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  return compile(pattern).matcher(text).find();
}

/** Throws INVALID for what the parser of filters let through and this syntax does not have. */
export function checkPattern(pattern: string): void {
  try {
    compile(pattern);
  } catch (cause) {
    const why = (cause as Error).message.replace(/^error parsing regexp: /, '');
    throw invalid(
      `Invalid regular expression '${pattern}': ${why}.`,
      'The syntax is that of RE2: https://github.com/google/re2/wiki/Syntax',
    );
  }
}

function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  const fresh = RE2JS.compile(pattern);
  if (compiled.size >= KEPT) compiled.clear();
  compiled.set(pattern, fresh);
  return fresh;
}
