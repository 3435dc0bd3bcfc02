import type { Migration } from '../migrate.ts';

export const serving: Migration = {
  number: 100,
  name: 'serving',
  up: (ddl) => [
    `create table endpoints (
      name text primary key,
      project text not null,
      environment text not null,
      unit text,
      log text not null,
      revision bigint not null,
      created_at bigint not null,
      updated_at bigint not null
    )`,
    `create table deployments (
      endpoint text not null,
      number bigint not null,
      project text not null,
      model text not null,
      version bigint not null,
      digest text not null,
      route text not null,
      created_by text not null,
      created_at bigint not null,
      primary key (endpoint, number)
    )`,
    `create table traffic_revisions (
      endpoint text not null,
      revision bigint not null,
      arms text not null,
      cause text not null,
      state text not null,
      error text,
      created_at bigint not null,
      primary key (endpoint, revision)
    )`,
    `create table prediction_segments (
      digest text primary key,
      rows bigint not null,
      gaps bigint not null,
      imported_at bigint not null
    )`,
    `create table prediction_parts (
      id ${ddl.serial},
      endpoint text not null,
      kind text not null,
      digest text not null,
      segment text not null,
      rows bigint not null,
      min_event_time bigint not null,
      max_event_time bigint not null,
      epoch bigint,
      min_sequence bigint,
      max_sequence bigint,
      imported_at bigint not null
    )`,
    'create index prediction_parts_endpoint on prediction_parts (endpoint, kind, max_event_time)',
    `create table endpoint_clocks (
      endpoint text primary key,
      settled_through bigint not null
    )`,
  ],
};
