import type { Migration } from '../migrate.ts';

/** Events, jobs and the names of artifacts: what every room stands on. */
export const ground: Migration = {
  number: 1,
  name: 'ground',
  up: (ddl) => [
    `create table events (
      id ${ddl.serial},
      xid ${ddl.transactionId},
      event_id text not null unique,
      type text not null,
      source text not null,
      subject text not null,
      project text,
      time bigint not null,
      data text not null
    )`,
    'create index events_order on events (xid, id)',
    'create index events_subject on events (subject, id)',
    `create table event_cursors (
      subscriber text primary key,
      xid bigint not null,
      id bigint not null,
      owner text,
      lease_until bigint not null default 0
    )`,
    `create table event_failures (
      subscriber text not null,
      event_id text not null,
      error text not null,
      failed_at bigint not null,
      primary key (subscriber, event_id)
    )`,
    `create table jobs (
      id text primary key,
      kind text not null,
      project text,
      payload text not null,
      state text not null,
      priority bigint not null default 0,
      singleton_key text,
      concurrency_key text,
      run_at bigint not null,
      attempts bigint not null default 0,
      max_attempts bigint not null default 5,
      owner text,
      lease_until bigint,
      fence bigint not null default 0,
      error text,
      result text,
      created_at bigint not null,
      ended_at bigint
    )`,
    'create index jobs_ready on jobs (kind, state, priority, run_at)',
    "create unique index jobs_singleton on jobs (singleton_key) where state in ('queued', 'running')",
    "create unique index jobs_concurrency on jobs (concurrency_key) where state = 'running'",
    `create table leases (
      name text primary key,
      owner text not null,
      held_until bigint not null
    )`,
    `create table artifact_names (
      root text not null,
      path text not null,
      digest text not null,
      size bigint not null,
      updated_at bigint not null,
      primary key (root, path)
    )`,
    'create index artifact_names_digest on artifact_names (digest)',
  ],
};
