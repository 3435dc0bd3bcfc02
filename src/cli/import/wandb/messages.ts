import { type Messages, messageType } from '../../../lib/protobuf.ts';

/** What is read of W&B's records. Values are JSON texts; newer writers may use a field for each type instead. */
const MESSAGES: Messages = {
  Record: {
    history: [2, 'HistoryRecord'],
    summary: [3, 'ItemsRecord'],
    config: [5, 'ItemsRecord'],
    stats: [7, 'StatsRecord'],
    artifact: [8, 'ArtifactRecord'],
    run: [17, 'RunRecord'],
    exit: [18, 'ExitRecord'],
  },
  RunRecord: {
    run_id: [1, 'string'],
    entity: [2, 'string'],
    project: [3, 'string'],
    config: [4, 'ItemsRecord'],
    summary: [5, 'ItemsRecord'],
    run_group: [6, 'string'],
    job_type: [7, 'string'],
    display_name: [8, 'string'],
    notes: [9, 'string'],
    tags: [10, '*string'],
    host: [13, 'string'],
    start_time: [17, 'Timestamp'],
    git: [21, 'Git'],
  },
  Git: { remote_url: [1, 'string'], commit: [2, 'string'] },
  Timestamp: { seconds: [1, 'int64'], nanos: [2, 'int32'] },
  ItemsRecord: { update: [1, '*Item'] },
  HistoryRecord: { item: [1, '*Item'], step: [2, 'HistoryStep'] },
  HistoryStep: { num: [1, 'int64'] },
  Item: {
    key: [1, 'string'],
    nested_key: [2, '*string'],
    boolean: [4, 'bool'],
    integer: [5, 'sint64'],
    number: [6, 'double'],
    text: [7, 'string'],
    json: [8, 'string'],
    value_json: [16, 'string'],
  },
  StatsRecord: { timestamp: [2, 'Timestamp'], item: [3, '*StatsItem'] },
  StatsItem: { key: [1, 'string'], value_json: [16, 'string'] },
  ArtifactRecord: {
    type: [4, 'string'],
    name: [5, 'string'],
    digest: [6, 'string'],
    description: [7, 'string'],
    metadata: [8, 'string'],
    aliases: [11, '*string'],
    manifest: [12, 'ArtifactManifest'],
  },
  ArtifactManifest: { contents: [4, '*ArtifactEntry'], manifest_file_path: [5, 'string'] },
  ArtifactEntry: {
    path: [1, 'string'],
    digest: [2, 'string'],
    ref: [3, 'string'],
    size: [4, 'int64'],
    local_path: [6, 'string'],
  },
  ExitRecord: { exit_code: [1, 'int32'], runtime: [2, 'int32'] },
};

export interface Time {
  seconds?: number;
  nanos?: number;
}
export interface Item {
  key?: string;
  nested_key?: string[];
  boolean?: boolean;
  integer?: number;
  number?: number;
  text?: string;
  json?: string;
  value_json?: string;
}
export interface WandbArtifact {
  type?: string;
  name?: string;
  digest?: string;
  description?: string;
  metadata?: string;
  aliases?: string[];
  manifest?: {
    contents?: { path?: string; digest?: string; ref?: string; size?: number; local_path?: string }[];
    /** Of a long manifest: a file of its own. */
    manifest_file_path?: string;
  };
}
export interface WandbRecord {
  history?: { item?: Item[]; step?: { num?: number } };
  summary?: { update?: Item[] };
  config?: { update?: Item[] };
  stats?: { timestamp?: Time; item?: { key?: string; value_json?: string }[] };
  artifact?: WandbArtifact;
  run?: {
    run_id?: string;
    entity?: string;
    project?: string;
    config?: { update?: Item[] };
    summary?: { update?: Item[] };
    run_group?: string;
    job_type?: string;
    display_name?: string;
    notes?: string;
    tags?: string[];
    host?: string;
    start_time?: Time;
    git?: { remote_url?: string; commit?: string };
  };
  exit?: { exit_code?: number; runtime?: number };
}

/** A function that reads one record. */
export async function recordReader(): Promise<(bytes: Uint8Array) => WandbRecord> {
  const type = await messageType(MESSAGES, 'Record');
  return (bytes) => type.toObject(type.decode(bytes), { longs: Number }) as WandbRecord;
}
