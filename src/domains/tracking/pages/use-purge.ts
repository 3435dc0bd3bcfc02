import { useEffect, useEffectEvent, useState } from 'react';
import { type Fault, toAppError } from '../../../lib/errors.ts';
import { useCall } from '../../../ui/data.tsx';
import { runsContract } from '../contract/runs.ts';
import { trashContract } from '../contract/trash.ts';
import type { PurgePreview } from '../schema.ts';
import { type PiecesEnd, usePieces } from './use-pieces.ts';
import type { WhichRuns } from './use-runs.ts';

/** Runs in one answer of a search, and in one request to look at them or to delete them. */
const LISTED = 5000;
const PIECE = 1000;
/** Names of what came of them in a dialog. */
const SHOWN = 50;

/** A piece of the runs; its digest says that nothing else is deleted than what was looked at. */
interface Part {
  run_ids: string[];
  preview: PurgePreview;
}

/** What deleting runs of the trash for good would take, then the deleting, piece by piece until all is gone or somebody stops it. */
export function usePurge({ project, experiments, filter }: WhichRuns, runs: readonly string[] | 'all') {
  const call = useCall();
  const pieces = usePieces();
  const [parts, setParts] = useState<readonly Part[]>();
  const [looked, setLooked] = useState(0);
  const [fault, setFault] = useState<Fault>();

  async function matching(): Promise<string[]> {
    const ids: string[] = [];
    for (let token: string | undefined, first = true; first || token; first = false) {
      const page = await call(runsContract.searchRuns, {
        body: {
          experiment_ids: [...experiments],
          filter,
          columns: [],
          run_view_type: 'DELETED_ONLY',
          max_results: LISTED,
          ...(token ? { page_token: token } : {}),
        },
      });
      ids.push(...(page.runs ?? []).map((run) => run.info.run_id));
      token = page.next_page_token;
    }
    return ids;
  }

  const look = useEffectEvent(async (asked: { on: boolean }) => {
    try {
      const ids = runs === 'all' ? await matching() : runs;
      const found: Part[] = [];
      // No piece is empty: to the server no id means everything in the trash.
      for (let start = 0; start < ids.length && asked.on; start += PIECE) {
        const run_ids = ids.slice(start, start + PIECE);
        const body = { run_ids, experiment_ids: [] };
        found.push({
          run_ids,
          preview: await call(trashContract.previewPurge, { params: { project }, body }),
        });
        if (asked.on) setLooked(start + run_ids.length);
      }
      if (asked.on) setParts(found);
    } catch (error) {
      if (asked.on) setFault(toAppError(error).toFault());
    }
  });
  useEffect(() => {
    const asked = { on: true };
    // oxlint-disable-next-line react/set-state-in-effect -- asks once, when the dialog opens; what it finds is kept as it was shown
    void look(asked);
    return () => {
      asked.on = false;
    };
  }, []);

  async function purge(): Promise<PiecesEnd> {
    const left = parts ?? [];
    let next = 0;
    setFault(undefined);
    const end = await pieces.run(async () => {
      const part = left[next++];
      if (!part) return { count: 0, more: false };
      const body = { run_ids: part.run_ids, experiment_ids: [], digest: part.preview.digest };
      const { runs: count } = await call(trashContract.purge, { params: { project }, body });
      return { count, more: next < left.length };
    });
    // What is gone cannot go again: who tries once more goes on where it failed.
    if (end.fault) setParts(left.slice(next - 1));
    setFault(end.fault);
    return end;
  }

  return {
    found: parts && summed(parts.map(({ preview }) => preview)),
    /** How many were looked at so far. */
    looked,
    fault,
    purge,
    done: pieces.done,
    stop: pieces.stop,
  };
}

export interface Doomed extends Omit<PurgePreview, 'digest'> {
  /** Pieces that were looked at: bytes that two of them share count in none, so that at least this much is freed. */
  parts: number;
}

function summed(previews: readonly PurgePreview[]): Doomed {
  const sum = (of: (preview: PurgePreview) => number) =>
    previews.reduce((total, preview) => total + of(preview), 0);
  const all = previews.flatMap((each) => each.dependents);
  const dependents = [...new Map(all.map((each) => [each.urn, each])).values()];
  return {
    parts: previews.length,
    experiments: 0,
    runs: sum((each) => each.runs),
    logged_models: sum((each) => each.logged_models),
    points: sum((each) => each.points),
    files: sum((each) => each.files),
    bytes: sum((each) => each.bytes),
    freed_bytes: sum((each) => each.freed_bytes),
    dependents: dependents.slice(0, SHOWN),
    more: dependents.length > SHOWN || previews.some((each) => each.more),
  };
}
