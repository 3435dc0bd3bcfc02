import type { Migration } from '../migrate.ts';

export const maturity: Migration = {
  number: 150,
  name: 'maturity',
  up: (ddl) => [
    `create table ci_results (
      id ${ddl.serial},
      project text not null,
      commit_id text not null,
      suite text not null,
      kind text not null,
      passed bigint not null,
      failed bigint not null,
      skipped bigint not null,
      url text,
      reported_by text not null,
      reported_at bigint not null
    )`,
    'create index ci_results_commit on ci_results (project, commit_id)',
    'create index ci_results_time on ci_results (project, reported_at)',
    `create table maturity_levels (
      id ${ddl.serial},
      project text not null,
      level bigint not null,
      axes text not null,
      since bigint not null
    )`,
    'create index maturity_levels_project on maturity_levels (project, id)',
    `create table maturity_attestations (
      project text not null,
      criterion text not null,
      attested_by text not null,
      recorded_by text not null,
      statement text not null,
      attested_at bigint not null,
      expires_at bigint not null,
      primary key (project, criterion)
    )`,
  ],
};
