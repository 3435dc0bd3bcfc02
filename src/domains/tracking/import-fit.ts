import { AppError } from '../../lib/errors.ts';
import { storable } from '../../lib/storable.ts';
import { checkKey, checkLength, checkText, LIMITS } from './limits.ts';
import type { KeyValue } from './schema.ts';

/** Why a param or tag is not kept, or not as it was. */
export interface PairFault {
  key: string;
  why: string;
}

interface Fitness {
  /** Most characters of a value. */
  limit: number;
  fault(key: string): string | undefined;
}

export const PARAMS: Fitness = { limit: LIMITS.paramValue, fault: keyFault };
/** Runs, experiments and logged models may begin with tags of every name. */
export const TAGS: Fitness = { limit: LIMITS.tagValue, fault: tagKeyFault };
export const EXPERIMENT_TAGS: Fitness = { limit: LIMITS.experimentTagValue, fault: tagKeyFault };

/** What can be kept of params or tags, in the order given, the last of a key; and what cannot, or not as it was. */
export function fitPairs(
  pairs: readonly KeyValue[],
  { limit, fault }: Fitness,
): { kept: KeyValue[]; faults: PairFault[] } {
  const kept = new Map<string, KeyValue>();
  const faults: PairFault[] = [];
  for (const { key, value } of pairs) {
    const why = fault(key);
    if (why !== undefined) {
      faults.push({ key, why });
      continue;
    }
    const fit = fitText(value, limit);
    if (fit.why !== undefined) faults.push({ key, why: fit.why });
    kept.set(key, { key, value: fit.text });
  }
  return { kept: [...kept.values()], faults };
}

/** What can be kept of a text, and why it is not all of it. */
export function fitText(value: string, limit: number): { text: string; why?: string } {
  const clean = storable(value);
  if (clean.length > limit) {
    const characters = Array.from(clean);
    if (characters.length > limit)
      return {
        text: characters.slice(0, limit).join(''),
        why: `It has ${characters.length} characters, and the first ${limit} are kept.`,
      };
  }
  if (clean === value) return { text: value };
  return { text: clean, why: 'NUL and halves of characters were replaced by U+FFFD.' };
}

/** Why a param or metric of this name cannot be kept, or undefined. */
export function keyFault(key: string): string | undefined {
  return faultOf(() => {
    checkKey(key, 'key');
    checkLength('key', LIMITS.key, key);
  });
}

function tagKeyFault(key: string): string | undefined {
  return faultOf(() => {
    checkText('key', key);
    checkLength('key', LIMITS.key, key);
  });
}

function faultOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}
