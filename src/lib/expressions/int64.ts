import type { Int } from './node.ts';

/** 64-bit integers: numbers while safe, bigints beyond; null out of range. Every result is in normal form. */
export const MIN_INT = -(2n ** 63n);
export const MAX_INT = 2n ** 63n - 1n;

export function toInt(value: bigint): Int | null {
  if (value < MIN_INT || value > MAX_INT) return null;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export function addInt(a: Int, b: Int): Int | null {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return toInt(BigInt(a) + BigInt(b));
}

export function subtractInt(a: Int, b: Int): Int | null {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return toInt(BigInt(a) - BigInt(b));
}

export function multiplyInt(a: Int, b: Int): Int | null {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return toInt(BigInt(a) * BigInt(b));
}

/** Truncates towards zero; null by zero. */
export function divideInt(a: Int, b: Int): Int | null {
  if (Number(b) === 0) return null;
  if (typeof a === 'number' && typeof b === 'number') return (a - (a % b)) / b + 0;
  return toInt(BigInt(a) / BigInt(b));
}

/** The sign of the dividend; null by zero, and where the division itself would overflow. */
export function remainderInt(a: Int, b: Int): Int | null {
  if (Number(b) === 0) return null;
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0;
  if (Number(b) === -1 && a === MIN_INT) return null;
  return toInt(BigInt(a) % BigInt(b));
}

export const negateInt = (a: Int): Int | null => (typeof a === 'number' ? 0 - a : toInt(-a));

export function absoluteInt(a: Int): Int | null {
  return a < 0 ? negateInt(a) : a;
}

/** Truncates a double; null for NaN and beyond 64 bits. */
export function intOfDouble(value: number): Int | null {
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) return whole + 0;
  return Number.isFinite(whole) ? toInt(BigInt(whole)) : null;
}
