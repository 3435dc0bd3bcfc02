/** `launch.json`: all that `step exec` knows before it asks the server. */
export interface LaunchFile {
  url_file: string;
  project: string;
  step_run: string;
  attempt: number;
  token: string;
  memory_mb: number | null;
  /** Folder where bundles are kept by digest. */
  shared: string;
  bundle: string;
  root: string | null;
  env: Record<string, string>;
}

export type Port = { kind: 'value' | 'file' | 'dataset' | 'model' };

/** Answer to the attempt's `start`. */
export interface StepSpec {
  project: string;
  pipeline: string;
  run: string;
  run_number: number;
  step_run: string;
  node: string;
  step: string;
  attempt: number;
  key: string;
  bundle: string;
  root: string | null;
  inputs: Record<string, unknown>;
  takes: Record<string, Port>;
  outputs: Record<string, Port>;
  params: Record<string, unknown>;
  timeout_ms: number | null;
  beat_ms: number;
}

/** From `step exec` to the process that runs user code: first what to load, then what to run. */
export type ChildOrder = { type: 'load'; bundle: string } | { type: 'run'; job: ChildJob };

export interface ChildJob {
  spec: StepSpec;
  /** Path of the bundle, and of the folder that is the step's own. */
  bundle: string;
  workdir: string;
  url: string;
  token: string;
  /** Inputs with files replaced by `{digest, size, name, path}`. */
  inputs: Record<string, unknown>;
}

/** From that process back. File outputs are `{path, name}` here. */
export type ChildMessage =
  | { type: 'ready' }
  | { type: 'progress'; value: number | null; text: string | null }
  | { type: 'done'; outputs: Record<string, unknown> }
  | { type: 'failed'; kind: 'thrown' | 'output' | 'setup'; error: string };

/** What a bundle exports as `rondoBundle`. */
export interface BundleHost {
  run(
    job: ChildJob,
    io: {
      progress(value: number | null, text: string | null): void;
      signal: AbortSignal;
    },
  ): Promise<Record<string, unknown>>;
}

/** One piece of the log as it travels. */
export interface Chunk {
  seq: number;
  time: number;
  stream: 'out' | 'err' | 'note';
  text: string;
}

export type EndReport =
  | { outcome: 'done'; outputs: Record<string, unknown> }
  | {
      outcome: 'failed';
      kind: 'thrown' | 'exit' | 'signal' | 'timeout' | 'output' | 'setup' | 'stopped';
      error: string;
      exit_code: number | null;
      signal: string | null;
    };
