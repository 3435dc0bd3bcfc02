import type { Value } from '../../../runtimes/signature.ts';

/** What a prediction was answered with; enough to answer the same again. */
export interface Answer {
  id: string;
  output: readonly (Value | Value[])[];
  /** Version of the model that answered. */
  version: string;
}

type Waiter = (answer: Answer | undefined) => void;

/**
 * Idempotency keys of one gateway: the newest `limit` answered keys, and those on their way.
 * A key belongs to one endpoint.
 */
export class Keys {
  private readonly answered = new Map<string, Answer>();
  private readonly open = new Map<string, Waiter[]>();
  private readonly limit: number;

  constructor(limit = 100_000) {
    this.limit = limit;
  }

  get size(): number {
    return this.answered.size;
  }

  find(endpoint: string, key: string): Answer | undefined {
    return this.answered.get(`${endpoint}/${key}`);
  }

  /** True: the caller scores it and then calls `settle`. False: someone does already, and `waiter` hears the outcome. */
  claim(endpoint: string, key: string, waiter: Waiter): boolean {
    const name = `${endpoint}/${key}`;
    const waiters = this.open.get(name);
    if (waiters) {
      waiters.push(waiter);
      return false;
    }
    this.open.set(name, []);
    return true;
  }

  /** The outcome of a claimed key; undefined when it failed, and then the key is free again. */
  settle(endpoint: string, key: string, answer: Answer | undefined): void {
    const name = `${endpoint}/${key}`;
    const waiters = this.open.get(name) ?? [];
    this.open.delete(name);
    if (answer) this.remember(endpoint, key, answer);
    for (const waiter of waiters) waiter(answer);
  }

  remember(endpoint: string, key: string, answer: Answer): void {
    this.answered.set(`${endpoint}/${key}`, answer);
    if (this.answered.size > this.limit) this.answered.delete(this.answered.keys().next().value as string);
  }

  /** Reads keys back from lines of the prediction log, oldest first. */
  async recover(lines: AsyncIterable<string>): Promise<void> {
    const versions = new Map<string, string>();
    for await (const line of lines) {
      const isDeployment = line.startsWith('{"kind":"deployment"');
      if (!isDeployment && !(line.startsWith('{"kind":"prediction"') && line.includes('"key":'))) continue;
      const record = parse(line);
      if (!record) continue;
      if (record.kind === 'deployment') {
        versions.set(`${record.endpoint}.${record.deployment}`, String(record.model_version));
      } else if (record.key !== undefined && record.of === undefined) {
        const [endpoint = '', deployment = ''] = record.prediction_id.split('.');
        const version = versions.get(`${endpoint}.${deployment}`) ?? '';
        this.remember(endpoint, record.key, { id: record.prediction_id, output: record.output, version });
      }
    }
  }
}

interface Line {
  kind: string;
  endpoint: string;
  deployment: number;
  model_version: string;
  prediction_id: string;
  key?: string;
  of?: string;
  output: (Value | Value[])[];
}

function parse(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
