import type { Migration } from '../migrate.ts';

export const lineage: Migration = {
  number: 20,
  name: 'lineage',
  up: () => [
    `create table lineage_links (
      project text not null,
      from_urn text not null,
      relation text not null,
      to_urn text not null,
      created_at bigint not null,
      primary key (from_urn, relation, to_urn)
    )`,
    'create index lineage_links_to on lineage_links (to_urn)',
  ],
};
