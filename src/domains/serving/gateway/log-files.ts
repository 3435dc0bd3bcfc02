import {
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';

/** The file calls of the prediction log; a fault (full disk, slow disk) is injected here in tests. */
export interface LogFiles {
  /** Opens a new file for writing; fails when it exists. */
  create(path: string): number;
  /** Writes at `position`; may write less than asked. */
  write(file: number, buffer: Buffer, offset: number, length: number, position: number): number;
  sync(file: number): Promise<void>;
  truncate(file: number, size: number): void;
  close(file: number): void;
}

export const diskFiles: LogFiles = {
  create: (path) => openSync(path, 'wx', 0o600),
  write: writeSync,
  sync: (file) =>
    new Promise((resolve, reject) => fdatasync(file, (error) => (error ? reject(error) : resolve()))),
  truncate: ftruncateSync,
  close: closeSync,
};

const OPEN = /^open-(\d+)-(\d+)\.ndjson$/;
const SEALED = /^(sealed|imported)-(\d+)-(\d+)-([0-9a-f]{64})\.ndjson$/;

const number = (value: number) => String(value).padStart(8, '0');

export const openName = (epoch: number, n: number) => `open-${number(epoch)}-${number(n)}.ndjson`;
export const sealedName = (epoch: number, n: number, digest: string) =>
  `sealed-${number(epoch)}-${number(n)}-${digest}.ndjson`;

export function parseOpen(name: string): { epoch: number; number: number } | undefined {
  const match = OPEN.exec(name);
  return match ? { epoch: Number(match[1]), number: Number(match[2]) } : undefined;
}

export interface SealedName {
  epoch: number;
  number: number;
  digest: string;
  imported: boolean;
}

export function parseSealed(name: string): SealedName | undefined {
  const match = SEALED.exec(name);
  if (!match) return undefined;
  return {
    epoch: Number(match[2]),
    number: Number(match[3]),
    digest: match[4] as string,
    imported: match[1] === 'imported',
  };
}

/** First line of a file, without reading the rest. */
export function firstLine(path: string): string {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(4096);
    const size = readSync(file, buffer, 0, buffer.length, 0);
    const end = buffer.subarray(0, size).indexOf(10);
    return end < 0 ? '' : buffer.toString('utf8', 0, end);
  } finally {
    closeSync(file);
  }
}

/** Cuts off a last line without its newline. Returns whether there was one. */
export function cutHalfLine(path: string): boolean {
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf(10) + 1;
  if (end === bytes.length) return false;
  const file = openSync(path, 'r+');
  try {
    ftruncateSync(file, end);
    return fstatSync(file).size === end;
  } finally {
    closeSync(file);
  }
}
