import { crc32 } from 'node:zlib';
import { ByteReader } from './byte-reader.ts';

const BLOCK = 32_768;
const HEAD = 7;
const MAGIC = Buffer.from([0x3a, 0x57, 0x26, 0x42, 0xe1, 0xbe]);
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4];

/**
 * Records of a `.wandb` file: LevelDB's log format (blocks of 32 KiB, records cut into pieces that know their place) with a plain
 * CRC-32 over type and bytes, behind a header of seven bytes. A record that is cut off at the end is none; a block with a wrong
 * piece is told and passed over from there.
 */
export async function* wandbRecords(path: string, broken: (why: string) => void): AsyncGenerator<Buffer> {
  const reader = await ByteReader.open(path);
  try {
    let block = await reader.take(BLOCK);
    if (!block.subarray(0, MAGIC.length).equals(MAGIC)) {
      broken('This is no file of W&B.');
      return;
    }
    let pieces: Buffer[] = [];
    for (
      let at = HEAD, start = 0;
      block.length > 0;
      start += BLOCK, at = 0, block = await reader.take(BLOCK)
    ) {
      while (at + HEAD <= block.length) {
        const length = block.readUInt16LE(at + 4);
        const type = block[at + 6] as number;
        if (type === 0 && length === 0) break;
        const end = at + HEAD + length;
        if (end > block.length && block.length < BLOCK) return;
        const checked = block.subarray(at + 6, end);
        if (end > block.length || crc32(checked) !== block.readUInt32LE(at)) {
          broken(
            `The piece at byte ${start + at} has a wrong checksum: its block of 32 KiB is left out from there.`,
          );
          pieces = [];
          break;
        }
        const bytes = block.subarray(at + HEAD, end);
        at = end;
        if (type === FULL || type === FIRST) pieces = [bytes];
        // The begin of it was left out.
        else if (pieces.length === 0) continue;
        else if (type === MIDDLE || type === LAST) pieces.push(bytes);
        if (type === FULL || type === LAST) {
          yield pieces.length === 1 ? bytes : Buffer.concat(pieces);
          pieces = [];
        }
      }
    }
  } finally {
    await reader.close();
  }
}
