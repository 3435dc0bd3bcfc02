import { ByteReader } from './byte-reader.ts';
import { maskedCrc32c } from './crc32c.ts';

const LONGEST = 1 << 29;

/**
 * Records of a TFRecord file: a length, its checksum, the bytes, their checksum. A record that is cut off at the end is none: its writer
 * may still be at it. A record with wrong bytes is told and passed over; behind a wrong length nothing can be found any more.
 */
export async function* tfRecords(path: string, broken: (why: string) => void): AsyncGenerator<Buffer> {
  const reader = await ByteReader.open(path);
  try {
    for (;;) {
      const at = reader.offset;
      const head = await reader.take(12);
      if (head.length < 12) return;
      const length = Number(head.readBigUInt64LE(0));
      if (maskedCrc32c(head.subarray(0, 8)) !== head.readUInt32LE(8) || length > LONGEST) {
        broken(`The length of the record at byte ${at} is wrong: the rest of the file cannot be read.`);
        return;
      }
      const body = await reader.take(length + 4);
      if (body.length < length + 4) return;
      const data = body.subarray(0, length);
      if (maskedCrc32c(data) === body.readUInt32LE(length)) yield data;
      else broken(`The record at byte ${at} has a wrong checksum.`);
    }
  } finally {
    await reader.close();
  }
}
