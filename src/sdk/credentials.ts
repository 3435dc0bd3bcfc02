import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

interface Credential {
  token: string;
  /** Epoch ms. */
  expires_at: number | null;
}

type Environment = Record<string, string | undefined>;

const fileOf = (environment: Environment): string =>
  join(environment.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'rondo', 'credentials.json');

function readAll(environment: Environment): Record<string, Credential> {
  try {
    return JSON.parse(readFileSync(fileOf(environment), 'utf8')) as Record<string, Credential>;
  } catch {
    return {};
  }
}

/** The token that `rondo login` left for a server, while it lasts. */
export function findCredential(url: string, environment: Environment = process.env): string | undefined {
  const found = readAll(environment)[url];
  return found && (found.expires_at === null || found.expires_at > Date.now()) ? found.token : undefined;
}

/** Keeps the token of a server where only this account of the machine reads it; without one, forgets it. */
export function saveCredential(
  url: string,
  credential: Credential | undefined,
  environment: Environment = process.env,
): string {
  const file = fileOf(environment);
  const { [url]: _, ...others } = readAll(environment);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}`;
  const all = credential ? { ...others, [url]: credential } : others;
  writeFileSync(fresh, `${JSON.stringify(all, null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, file);
  return file;
}
