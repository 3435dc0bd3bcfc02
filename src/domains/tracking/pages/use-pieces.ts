import { useRef, useState } from 'react';
import { type Fault, toAppError } from '../../../lib/errors.ts';

/** What one request did of a work that takes many. */
export interface Piece {
  count: number;
  more: boolean;
}

export interface PiecesEnd {
  /** How many were done, also where it was stopped or failed. */
  count: number;
  stopped: boolean;
  fault: Fault | undefined;
}

/**
 * Does a work piece by piece until nothing is left, one fails, or somebody stops it. A piece is done whole or not at all, so that
 * what was done until then is known.
 */
export function usePieces() {
  const [done, setDone] = useState<number>();
  const stopped = useRef(false);
  async function run(piece: () => Promise<Piece>): Promise<PiecesEnd> {
    let count = 0;
    let fault: Fault | undefined;
    let more = true;
    stopped.current = false;
    setDone(0);
    try {
      while (more && !stopped.current) {
        const answer = await piece();
        count += answer.count;
        more = answer.more;
        setDone(count);
      }
    } catch (error) {
      fault = toAppError(error).toFault();
    }
    setDone(undefined);
    return { count, stopped: more && !fault, fault };
  }
  return {
    run,
    /** How many are done so far; undefined while nothing goes on. */
    done,
    stop: () => void (stopped.current = true),
  };
}
