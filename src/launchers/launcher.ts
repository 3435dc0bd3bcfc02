/** Where an attempt of a step runs; kept as JSON beside the attempt, so that a restarted server finds it again. */
export interface Handle {
  /** Launcher class that made it. */
  kind: string;
  host: string;
  pid?: number;
  born?: string;
}

export interface LaunchSpec {
  /** Names the attempt; launching the same key twice starts it once. Made by the server from ids only. */
  key: string;
  project: string;
  step_run: string;
  attempt: number;
  /** The attempt's credential: its fencing token. */
  token: string;
  memory_mb: number | null;
  /** Known before the attempt asks what to run, so that it can load the code meanwhile. */
  bundle: string;
  root: string | null;
  /** What user code finds in its environment, besides the credentials. */
  env: Record<string, string>;
}

/** One way to run `step exec` somewhere. Retry, logs and outputs are the same everywhere and not its business. */
export interface Launcher {
  launch(spec: LaunchSpec): Promise<Handle>;
  /** The handle of an attempt that was launched under this key, if its process still lives. */
  find(key: string): Promise<Handle | undefined>;
  /** Whether this server launched the attempt, and so looks after it after a restart: others leave it alone. */
  owns(key: string): Promise<boolean>;
  isAlive(handle: Handle): Promise<boolean>;
  /** Calls `gone` once when the attempt's process no longer exists. Returns the way to stop watching. */
  watch(handle: Handle, gone: () => void): () => void;
  /** Asks it to stop, then ends it and all it started. Settles when that is done. */
  cancel(handle: Handle): Promise<void>;
  /** What `step exec` itself printed, for faults before its first log line arrived; bytes from an offset. */
  logs(key: string, from: number): Promise<string>;
}
