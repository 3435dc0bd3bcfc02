import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCredential } from './credentials.ts';

export interface Settings {
  url: string;
  token: string | undefined;
  project: string;
}

const DEFAULT_URL = 'http://127.0.0.1:7070';

/**
 * Where the server is and who asks: what is given wins, then `RONDO_URL`, `RONDO_TOKEN`, `RONDO_PROJECT`, then
 * the session of `rondo login`, then what a server on this machine left in its data folder (`RONDO_DATA`, `./rondo-data`). The token of a data folder is sent to this machine only.
 */
export function findSettings(
  given: { url?: string; token?: string; project?: string; data?: string } = {},
  environment: Record<string, string | undefined> = process.env,
): Settings {
  const data = given.data ?? environment.RONDO_DATA ?? './rondo-data';
  const url = (given.url ?? environment.RONDO_URL ?? urlIn(data) ?? DEFAULT_URL).replace(/\/+$/, '');
  const token =
    given.token ??
    environment.RONDO_TOKEN ??
    findCredential(url, environment) ??
    (isLocal(url) ? read(join(data, 'token')) : undefined);
  return { url, token, project: given.project ?? environment.RONDO_PROJECT ?? 'default' };
}

function urlIn(data: string): string | undefined {
  const text = read(join(data, 'server.json'));
  try {
    return text === undefined ? undefined : (JSON.parse(text) as { url?: string }).url;
  } catch {
    return undefined;
  }
}

function read(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

function isLocal(url: string): boolean {
  return URL.canParse(url) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
}
