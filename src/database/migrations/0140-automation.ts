import type { Migration } from '../migrate.ts';

export const automation: Migration = {
  number: 140,
  name: 'automation',
  up: (ddl) => [
    `create table rules (
      project text not null,
      name text not null,
      revision bigint not null,
      definition text not null,
      origin text not null,
      state text not null,
      state_by text not null,
      state_at bigint not null,
      state_reason text,
      breaker_from bigint not null default 0,
      next_due bigint,
      created_at bigint not null,
      updated_at bigint not null,
      primary key (project, name)
    )`,
    `create table rule_revisions (
      project text not null,
      name text not null,
      revision bigint not null,
      definition text not null,
      author text not null,
      created_at bigint not null,
      primary key (project, name, revision)
    )`,
    `create table firings (
      id ${ddl.serial},
      project text not null,
      rule text not null,
      rule_revision bigint not null,
      event_id text not null,
      event text not null,
      state text not null,
      at bigint not null,
      fired_at bigint not null,
      flight_key text,
      depth bigint not null,
      condition_parts text not null,
      guards text not null,
      ended_at bigint
    )`,
    'create unique index firings_once on firings (project, rule, event_id)',
    'create index firings_time on firings (project, rule, at)',
    "create index firings_flight on firings (project, flight_key) where state = 'started'",
    `create table firing_actions (
      firing_id bigint not null references firings (id),
      position bigint not null,
      asked text not null,
      state text not null,
      urn text,
      error text,
      ended_at bigint,
      primary key (firing_id, position)
    )`,
    'create index firing_actions_urn on firing_actions (urn) where urn is not null',
    `create table firing_consequences (
      id ${ddl.serial},
      firing_id bigint not null references firings (id),
      event_id text not null,
      type text not null,
      subject text not null,
      time bigint not null,
      unique (firing_id, event_id)
    )`,
  ],
};
