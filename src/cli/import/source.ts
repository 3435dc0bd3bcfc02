import type { ImportedModel, ImportedRun } from '../../domains/tracking/schema/import.ts';
import type { KeyValue } from '../../domains/tracking/schema.ts';
import type { Assessment, SpanBody } from '../../domains/tracking/schema/traces.ts';
import type { ImportedVersion } from '../../domains/registry/schema/import.ts';
import type { SeriesBuffer } from './series.ts';

/** What a reader of somebody's tracking store gives; ids are those of the store. Everything is read as it is asked for. */
export interface Source {
  /** For people, without secrets. */
  name: string;
  experiments(): AsyncIterable<SourceExperiment>;
  runs(experiment: SourceExperiment): AsyncIterable<SourceRun>;
  models?(experiment: SourceExperiment): AsyncIterable<SourceModel>;
  traces?(experiment: SourceExperiment): AsyncIterable<SourceTrace>;
  registered?(): AsyncIterable<SourceRegistered>;
  /** What could not be read, said while the rest is. */
  unread?: Lost[];
  close?(): Promise<void>;
}

export interface SourceExperiment {
  id: string;
  name: string;
  lifecycle: 'active' | 'deleted';
  created_at?: number | undefined;
  updated_at?: number | undefined;
  tags: KeyValue[];
}

type Owned<T> = Omit<T, 'experiment_id'> & {
  /** Where the store keeps its files. */
  location: string;
  files?: Files | undefined;
};

export type SourceRun = Owned<ImportedRun> & {
  /** Changes when the run does; undefined for a run that still goes on. */
  mark: string | undefined;
  series(): AsyncIterable<SourceSeries>;
  /** What of the run cannot be brought along, said once it has been read. */
  lost?: Lost[];
};

export interface SourceSeries {
  key: string;
  points: SeriesBuffer;
}

export type SourceModel = Owned<ImportedModel>;

export interface SourceTrace {
  trace_id: string;
  /** Attachments, and the spans as a client of MLflow 2 wrote them. */
  files?: Files;
  /** What of it cannot be brought along. */
  lost?: Lost[];
  info: {
    client_request_id?: string | undefined;
    request_preview?: string | undefined;
    response_preview?: string | undefined;
    request_time: string;
    execution_duration?: string | undefined;
    state: 'STATE_UNSPECIFIED' | 'OK' | 'ERROR' | 'IN_PROGRESS';
    trace_metadata: Record<string, string>;
    tags: Record<string, string>;
    assessments: Assessment[];
  };
  spans: SourceSpan[];
}

export interface SourceSpan {
  span_id: string;
  parent_id: string | null;
  name: string;
  status: 'OK' | 'ERROR' | 'UNSET';
  /** JSON texts by key. */
  attributes: Record<string, string>;
  body: SpanBody;
}

export interface SourceRegistered {
  name: string;
  description: string;
  created_at: number;
  updated_at: number;
  tags: KeyValue[];
  last_version: number;
  aliases: { alias: string; version: number }[];
  versions: (Omit<ImportedVersion, 'files_at'> & { location: string })[];
}

/** Files below one location. */
export interface Files {
  list(): AsyncIterable<SourceFile>;
}

export interface SourceFile {
  path: string;
  size: number | undefined;
  /** sha256 in hex, where finding it is cheaper than sending the bytes. */
  digest?: () => Promise<string>;
  open(): Promise<AsyncIterable<Uint8Array>>;
}

/** Something that does not come along, and why. */
export interface Lost {
  kind: string;
  /** Whose it is, or what it is. */
  id: string;
  /** Which param, tag, metric or field of it. */
  key?: string;
  /** Why, and what can be done. */
  why: string;
  count?: number;
}

/** Thrown by `Files.list` where nothing can be listed; its message says why. */
export class Unreachable extends Error {}
