import type { Migration } from '../migrate.ts';

export const approvals: Migration = {
  number: 40,
  name: 'approvals',
  up: (ddl) => [
    `create table approvals (
      id ${ddl.serial},
      project text not null,
      kind text not null,
      subject text not null,
      digest text not null,
      title text not null,
      payload text not null,
      state text not null,
      needed bigint not null,
      allow_self bigint not null,
      requested_by text not null,
      reason text,
      created_at bigint not null,
      expires_at bigint,
      decided_at bigint
    )`,
    "create unique index approvals_open on approvals (project, kind, subject, digest) where state in ('open', 'checking')",
    'create index approvals_state on approvals (state, project, id)',
    `create table approval_votes (
      approval_id bigint not null references approvals (id),
      voter text not null,
      yes bigint not null,
      comment text not null,
      voted_at bigint not null,
      nth bigint not null,
      primary key (approval_id, voter)
    )`,
  ],
};
