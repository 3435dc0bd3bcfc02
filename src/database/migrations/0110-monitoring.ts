import type { Migration } from '../migrate.ts';

export const monitoring: Migration = {
  number: 110,
  name: 'monitoring',
  up: (ddl) => [
    `create table monitors (
      id ${ddl.serial},
      project text not null,
      name text not null,
      endpoint text not null,
      spec text not null,
      enabled bigint not null,
      created_at bigint not null,
      unique (project, name)
    )`,
    'create index monitors_endpoint on monitors (endpoint)',
    `create table monitor_windows (
      monitor_id bigint not null,
      window_start bigint not null,
      window_end bigint not null,
      state text not null,
      value double precision,
      low double precision,
      high double precision,
      limit_value double precision,
      n bigint not null,
      labelled bigint not null,
      detail text not null,
      computed_at bigint not null,
      primary key (monitor_id, window_start)
    )`,
    `create table alerts (
      id ${ddl.serial},
      project text not null,
      monitor_id bigint not null,
      endpoint text not null,
      state text not null,
      opened_event_time bigint not null,
      opened_at bigint not null,
      closed_event_time bigint,
      closed_at bigint,
      acknowledged_by text,
      sentence text not null,
      parts text not null,
      marked text,
      marked_by text
    )`,
    'create index alerts_monitor on alerts (monitor_id, state)',
  ],
};
