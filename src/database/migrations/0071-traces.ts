import type { Migration } from '../migrate.ts';

/**
 * A trace has a short number inside, as a run has. Its id comes from whoever traced, so it is unique within a project only. What belongs
 * to a trace goes with it.
 */
export const traces: Migration = {
  number: 71,
  name: 'traces',
  up: (ddl) => [
    `create table traces (
      id ${ddl.serial},
      trace_id text not null,
      project text not null,
      experiment bigint not null references experiments (id) on delete cascade,
      state text not null,
      start_ms bigint not null,
      duration_ms bigint,
      client_request_id text,
      request_preview text,
      response_preview text,
      finalized bigint not null,
      spans bigint not null,
      unique (project, trace_id)
    )`,
    'create index traces_newest on traces (experiment, start_ms desc, trace_id)',
    ...['trace_tags', 'trace_metadata'].flatMap((table) => [
      `create table ${table} (
        trace bigint not null references traces (id) on delete cascade,
        key text not null,
        value text not null,
        primary key (trace, key)
      )${ddl.clustered}`,
    ]),
    `create table trace_spans (
      trace bigint not null references traces (id) on delete cascade,
      span_id text not null,
      parent_id text,
      name text not null,
      type text,
      status text not null,
      start_us bigint not null,
      end_us bigint,
      attributes text not null,
      body text not null,
      tokens text,
      cost text,
      primary key (trace, span_id)
    )${ddl.clustered}`,
    'create index trace_spans_kind on trace_spans (trace, type, name, status)',
    `create table trace_assessments (
      trace bigint not null references traces (id) on delete cascade,
      assessment_id text not null,
      number bigint not null,
      name text not null,
      kind text not null,
      text text,
      amount double precision,
      valid bigint not null,
      overrides text,
      body text not null,
      primary key (trace, assessment_id)
    )${ddl.clustered}`,
    `create table trace_links (
      trace bigint not null references traces (id) on delete cascade,
      kind text not null,
      target text not null,
      primary key (trace, kind, target)
    )${ddl.clustered}`,
    'create index trace_links_target on trace_links (kind, target, trace)',
  ],
};
