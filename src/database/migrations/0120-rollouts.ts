import type { Migration } from '../migrate.ts';

export const rollouts: Migration = {
  number: 120,
  name: 'rollouts',
  up: (ddl) => [
    `create table rollouts (
      id ${ddl.serial},
      project text not null,
      endpoint text not null,
      model text not null,
      champion bigint not null,
      candidate bigint not null,
      plan text not null,
      state text not null,
      verdict text,
      sentence text not null,
      of text,
      started_event_time bigint not null,
      stage_event_time bigint not null,
      ended_event_time bigint,
      created_at bigint not null,
      ended_at bigint
    )`,
    "create unique index rollouts_active on rollouts (endpoint) where state in ('shadow', 'canary')",
    `create table rollout_looks (
      rollout_id bigint not null,
      stage text not null,
      through bigint not null,
      look text not null,
      primary key (rollout_id, stage, through)
    )`,
  ],
};
