import type { Migration } from '../migrate.ts';

/** What the log says about rate, latency and errors, summed up once at import, so that charts never read its rows. */
export const levelCells: Migration = {
  number: 102,
  name: 'level cells',
  up: (ddl) => [
    `create table level_cells (
      endpoint text not null,
      clock text not null,
      step_ms bigint not null,
      slot bigint not null,
      deployment bigint not null,
      answers bigint not null,
      errors bigint not null,
      latency text not null,
      first_wall bigint,
      last_wall bigint,
      primary key (endpoint, clock, step_ms, slot, deployment)
    )${ddl.clustered}`,
  ],
};
