import { AppError } from '../../lib/errors.ts';
import { checkKey, checkLength, LIMITS } from './limits.ts';
import { storable } from '../../lib/storable.ts';
import type { KeyValue } from './schema.ts';

/** What can be kept of params or tags, in the order given, the last of a key; and in words what cannot, or not as it was. */
export function fitPairs(
  pairs: readonly KeyValue[],
  limit: number = LIMITS.tagValue,
): { kept: KeyValue[]; notes: string[] } {
  const kept = new Map<string, KeyValue>();
  const notes: string[] = [];
  for (const { key, value } of pairs) {
    const fault = keyFault(key);
    if (fault) {
      notes.push(fault);
      continue;
    }
    const clean = storable(value);
    const whole = clean.length <= limit ? clean : Array.from(clean).slice(0, limit).join('');
    if (whole !== value) notes.push(`The value of '${key}' was ${whole === clean ? 'cleaned' : 'cut'}.`);
    kept.set(key, { key, value: whole });
  }
  return { kept: [...kept.values()], notes };
}

/** Why a param, tag or metric of this name cannot be kept, or undefined. */
export function keyFault(key: string): string | undefined {
  try {
    checkKey(key, 'key');
    checkLength('key', LIMITS.key, key);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}
