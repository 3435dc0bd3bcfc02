import type { Migration } from '../migrate.ts';

/** Every gateway folder gets a number, so that no two of them give out the same prediction ids; what replicas know of each other's. */
export const gateways: Migration = {
  number: 101,
  name: 'gateways',
  up: (ddl) => [
    `create table gateways (
      number ${ddl.serial},
      created_at bigint not null,
      place text not null,
      alive_until bigint not null,
      holds bigint not null,
      called bigint not null,
      answered bigint not null
    )`,
    'create table route_revisions (one bigint primary key check (one = 1), revision bigint not null)',
  ],
};
