import type { Migration } from '../migrate.ts';

/** Every gateway folder gets a number, so that no two of them give out the same prediction ids. */
export const gateways: Migration = {
  number: 101,
  name: 'gateways',
  up: (ddl) => [`create table gateways (number ${ddl.serial}, created_at bigint not null)`],
};
