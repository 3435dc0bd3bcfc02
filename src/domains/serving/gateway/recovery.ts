import { createHash } from 'node:crypto';
import { appendFileSync, createReadStream, fsyncSync, openSync, closeSync, readFileSync } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, type ProcessId } from '../../../lib/process-id.ts';
import { type GapRecord, parsePredictionId } from '../schema/route.ts';
import { cutHalfLine, firstLine, parseOpen, parseSealed, sealedName } from './log-files.ts';

/**
 * Seals the open segments of workers that are dead. A half line at the end (a write that never answered) is cut off;
 * it and every jump in the numbering of a deployment becomes a `gap` line. `owner` is this process: its own are left alone.
 */
export async function recoverSegments(folder: string, owner: ProcessId): Promise<void> {
  for (const name of (await readdir(folder)).sort()) {
    const parsed = parseOpen(name);
    if (!parsed) continue;
    const path = join(folder, name);
    const writer = writerOf(path);
    if (writer && (isSame(writer, owner) || isAlive(writer))) continue;
    const halfLine = cutHalfLine(path);
    const text = readFileSync(path, 'utf8');
    if (text === '') {
      await rm(path, { force: true });
      continue;
    }
    const gaps = findGaps(text, parsed.epoch);
    if (halfLine) gaps.push({ kind: 'gap', reason: 'half_line', wall_time: Date.now(), epoch: parsed.epoch });
    if (gaps.length > 0) appendFileSync(path, gaps.map((gap) => `${JSON.stringify(gap)}\n`).join(''));
    const file = openSync(path, 'r+');
    fsyncSync(file);
    closeSync(file);
    await rename(path, join(folder, sealedName(parsed.epoch, parsed.number, await digestOf(path))));
    await syncFolder(folder);
  }
}

function writerOf(path: string): ProcessId | undefined {
  try {
    const { pid, born } = JSON.parse(firstLine(path)) as ProcessId;
    return { pid, born };
  } catch {
    return undefined;
  }
}

const isSame = (a: ProcessId, b: ProcessId) => a.pid === b.pid && a.born === b.born;

/** Jumps in the sequence of each deployment within one segment that no gap line explains. */
export function findGaps(text: string, epoch: number): GapRecord[] {
  const last = new Map<string, number>();
  const gaps: GapRecord[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('{"kind":"gap"')) {
      const gap = JSON.parse(line) as GapRecord;
      if (gap.endpoint !== undefined && gap.to !== undefined)
        last.set(`${gap.endpoint}.${gap.deployment}`, gap.to);
    }
    const match = /^\{"kind":"prediction","prediction_id":"([^"]+)"/.exec(line);
    const id = match && parsePredictionId(match[1] as string);
    if (!id) continue;
    const name = `${id.endpoint}.${id.deployment}`;
    const before = last.get(name);
    if (before !== undefined && id.sequence > before + 1) {
      gaps.push({
        kind: 'gap',
        reason: 'sequence',
        wall_time: Date.now(),
        endpoint: id.endpoint,
        deployment: id.deployment,
        epoch,
        from: before + 1,
        to: id.sequence - 1,
        count: id.sequence - before - 1,
      });
    }
    last.set(name, id.sequence);
  }
  return gaps;
}

/**
 * Lines of the newest segments, at most about `maxBytes`, oldest first, one at a time; a last half line is left out.
 * `below`: only segments of earlier epochs.
 */
export async function* recentLines(
  folder: string,
  maxBytes: number,
  { below = Infinity }: { below?: number } = {},
): AsyncGenerator<string> {
  const files = (await readdir(folder))
    .flatMap((name) => {
      const parsed = parseSealed(name) ?? parseOpen(name);
      return parsed && parsed.epoch < below ? [{ path: join(folder, name), ...parsed }] : [];
    })
    .sort((a, b) => b.epoch - a.epoch || b.number - a.number);
  const chosen: string[] = [];
  let total = 0;
  for (const { path } of files) {
    total += (await stat(path)).size;
    if (total > maxBytes) break;
    chosen.unshift(path);
  }
  for (const path of chosen) yield* wholeLines(path);
}

async function* wholeLines(path: string): AsyncGenerator<string> {
  let rest = '';
  for await (const part of createReadStream(path, 'utf8')) {
    const lines = (rest + (part as string)).split('\n');
    rest = lines.pop() as string;
    yield* lines;
  }
}

export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
