import type { VersionContents } from '../schema/contents.ts';

export interface FileChange {
  path: string;
  /** Bytes; undefined on the side where it is not. */
  before: number | undefined;
  after: number | undefined;
  changed: boolean;
}

type Files = VersionContents['files'];

/** Files of two versions by path: those that differ first. */
export function fileChanges(before: Files, after: Files): FileChange[] {
  const [was, is] = [before, after].map((files) => new Map(files.map((file) => [file.path, file]))) as [
    Map<string, Files[number]>,
    Map<string, Files[number]>,
  ];
  const paths = [...new Set([...was.keys(), ...is.keys()])].sort();
  const changes = paths.map((path) => {
    const [old, now] = [was.get(path), is.get(path)];
    return { path, before: old?.size, after: now?.size, changed: old?.digest !== now?.digest };
  });
  return changes.toSorted((a, b) => Number(b.changed) - Number(a.changed));
}
