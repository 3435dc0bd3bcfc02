import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../config.ts';
import { restore } from './restore.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('a back-up that somebody made to write elsewhere (CVE-2025-15031)', () => {
  let home: string;
  let folder: string;
  let data: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'rondo-restore-'));
    folder = join(home, 'deep', 'backup');
    data = join(home, 'data');
    mkdirSync(folder, { recursive: true });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  /** A manifest that names these files, and is right about their bytes. */
  function manifest(files: Record<string, string>): void {
    const named = Object.entries(files).map(([path, text]) => ({
      path,
      sha256: sha256(text),
      bytes: text.length,
    }));
    const facts = {
      format: 1,
      rondo: '1',
      created_at: 1,
      engine: 'sqlite',
      counts: {},
      files: named,
      missing: [],
    };
    writeFileSync(
      join(folder, 'manifest.json'),
      JSON.stringify({ manifest: facts, sha256: sha256(JSON.stringify(facts)) }),
    );
  }
  const names = () => new Set(readdirSync(home, { recursive: true }).map(String));
  const restored = (from: string) => restore(readConfig({ data }, {}), from);
  const refused = { code: 'BACKUP_DAMAGED' };

  it.each(['../planted', 'gateway/../../planted', '/planted', 'gateway/./x', 'gateway\\..\\x', ''])(
    'writes nothing at %j',
    async (path) => {
      const target = join(folder, path);
      if (path !== '' && !path.startsWith('/')) {
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, 'evil');
      }
      const before = names();
      manifest({ [path]: 'evil' });
      await expect(restored(folder)).rejects.toMatchObject(refused);
      before.add(join('deep', 'backup', 'manifest.json'));
      expect(names()).toEqual(before);
    },
  );

  it.each(['a folder', 'an archive'])('follows no link in %s', async (form) => {
    writeFileSync(join(home, 'secret'), 'secret');
    mkdirSync(join(folder, 'gateway'));
    symlinkSync(join(home, 'secret'), join(folder, 'gateway', 'epoch'));
    manifest({ 'gateway/epoch': 'secret' });
    const file = join(home, 'backup.tar');
    if (form === 'an archive') execFileSync('tar', ['-cf', file, '-C', folder, '.']);
    await expect(restored(form === 'an archive' ? file : folder)).rejects.toMatchObject(refused);
    expect(existsSync(data)).toBe(false);
    unlinkSync(join(folder, 'gateway', 'epoch'));
    rmSync(join(folder, 'gateway'), { recursive: true });
    symlinkSync(home, join(folder, 'gateway'));
    manifest({ 'gateway/secret': 'secret' });
    await expect(restored(folder)).rejects.toMatchObject(refused);
    expect(existsSync(data)).toBe(false);
  });
});
