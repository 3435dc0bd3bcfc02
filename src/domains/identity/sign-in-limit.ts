import { AppError } from '../../lib/errors.ts';
import { IDENTITY_ERRORS } from './errors.ts';

interface Bucket {
  /** Wrong tries that are still free. */
  left: number;
  at: number;
}

export interface Allowance {
  /** Wrong tries in a row. */
  burst: number;
  /** One more after this time. */
  every_ms: number;
}

const PER_NAME: Allowance = { burst: 10, every_ms: 30_000 };
const PER_ADDRESS: Allowance = { burst: 40, every_ms: 5_000 };
const MOST_BUCKETS = 20_000;

/**
 * Slows down guessing of passwords: so many wrong tries per name and per address, then one each so often. A try is paid for
 * before the password is looked at, also under many at once, and is given back when it was right.
 */
export class SignInLimit {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Throws 429 when the name or the address has used up its tries. Returns how to take the try back. */
  take(name: string, address: string): () => void {
    const paid = [
      [`name ${name}`, PER_NAME],
      [`address ${address}`, PER_ADDRESS],
    ] as const;
    const wait = Math.max(...paid.map(([key, allowance]) => this.#waitOf(key, allowance)));
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1000);
      throw new AppError(
        IDENTITY_ERRORS.SIGN_IN_LIMITED,
        `Too many wrong passwords: nobody was signed in. Try again in ${seconds} s.`,
        { details: { retry_after_s: seconds } },
      );
    }
    for (const [key] of paid) (this.#buckets.get(key) as Bucket).left -= 1;
    return () => {
      for (const [key, { burst }] of paid) {
        const bucket = this.#buckets.get(key);
        if (bucket) bucket.left = Math.min(burst, bucket.left + 1);
      }
    };
  }

  /** Time until there is a free try; 0 when there is one. */
  #waitOf(key: string, { burst, every_ms }: Allowance): number {
    const now = this.#now();
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      if (this.#buckets.size >= MOST_BUCKETS) this.#forgetFull(now);
      bucket = { left: burst, at: now };
      this.#buckets.set(key, bucket);
    }
    bucket.left = Math.min(burst, bucket.left + (now - bucket.at) / every_ms);
    bucket.at = now;
    return bucket.left >= 1 ? 0 : (1 - bucket.left) * every_ms;
  }

  /** A bucket that has filled up again says nothing; when all are in use, the oldest half goes. */
  #forgetFull(now: number): void {
    const longest = PER_NAME.burst * PER_NAME.every_ms;
    for (const [key, bucket] of this.#buckets) if (now - bucket.at > longest) this.#buckets.delete(key);
    if (this.#buckets.size < MOST_BUCKETS) return;
    for (const key of [...this.#buckets.keys()].slice(0, MOST_BUCKETS / 2)) this.#buckets.delete(key);
  }
}
