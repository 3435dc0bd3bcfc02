import type { Migration } from '../migrate.ts';

export const identity: Migration = {
  number: 10,
  name: 'identity',
  up: () => [
    // A service account is a user of kind `service`: it has roles and tokens, but no password.
    `create table users (
      name text primary key,
      kind text not null,
      display_name text not null,
      role text,
      disabled smallint not null,
      password_hash text,
      created_by text not null,
      created_at bigint not null,
      updated_at bigint not null,
      last_seen_at bigint
    )`,
    `create table members (
      project text not null,
      user_name text not null references users (name),
      role text not null,
      set_by text not null,
      set_at bigint not null,
      primary key (project, user_name)
    )`,
    'create index members_user on members (user_name)',
    // Sessions are tokens too: they expire within hours and are made by signing in.
    `create table tokens (
      id text primary key,
      hash text not null unique,
      kind text not null,
      user_name text not null references users (name),
      label text not null,
      role text,
      project text,
      created_by text not null,
      created_at bigint not null,
      expires_at bigint,
      revoked_at bigint,
      last_used_at bigint
    )`,
    `create table sign_in_tries (
      key text primary key,
      free double precision not null,
      at bigint not null
    )`,
    'create index tokens_user on tokens (user_name)',
  ],
};
