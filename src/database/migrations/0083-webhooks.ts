import type { Migration } from '../migrate.ts';

/** A secret stands by itself, so that nothing that reads a webhook reads it along. */
export const webhooks: Migration = {
  number: 83,
  name: 'webhooks',
  up: (ddl) => [
    `create table webhooks (
      id text primary key,
      project text not null,
      name text not null,
      url text not null,
      description text not null,
      events text not null,
      status text not null,
      created_at bigint not null,
      updated_at bigint not null
    )`,
    'create index webhooks_project on webhooks (project, created_at, id)',
    `create table webhook_secrets (
      webhook text primary key references webhooks (id),
      secret text not null
    )${ddl.clustered}`,
    `create table webhook_deliveries (
      id text primary key,
      webhook text not null references webhooks (id),
      event text not null,
      event_id text not null,
      body text not null,
      state text not null,
      attempts bigint not null,
      status bigint,
      error text,
      next_at bigint,
      created_at bigint not null,
      ended_at bigint,
      unique (webhook, event_id)
    )`,
    'create index webhook_deliveries_newest on webhook_deliveries (webhook, created_at, id)',
  ],
};
