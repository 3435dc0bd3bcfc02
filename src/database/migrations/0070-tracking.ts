import type { Migration } from '../migrate.ts';

/**
 * Runs have a short number inside, so that a metric point is a few integers: keys are interned, points lie together by run and
 * key in step order, and the latest value of each metric is kept apart for search, with what is known of its series:
 * how many points, the lowest and the highest number, and whether each came behind all before it in step and time.
 * `settled` marks rows first written after their run had ended, or there when it ended. Only these are in the index by value:
 * a run that is training would dirty a page of it with each point.
 */
export const tracking: Migration = {
  number: 70,
  name: 'tracking',
  up: (ddl) => [
    `create table experiments (
      id ${ddl.serial},
      project text not null,
      name text not null,
      artifact_location text not null,
      lifecycle text not null,
      created_at bigint not null,
      updated_at bigint not null,
      unique (project, name)
    )`,
    `create table experiment_tags (
      experiment bigint not null references experiments (id),
      key text not null,
      value text not null,
      primary key (experiment, key)
    )${ddl.clustered}`,
    `create table runs (
      id ${ddl.serial},
      run_id text not null unique,
      project text not null,
      experiment bigint not null references experiments (id),
      name text not null,
      user_id text not null,
      status text not null,
      start_time bigint not null,
      end_time bigint,
      artifact_uri text not null,
      lifecycle text not null,
      deleted_at bigint
    )`,
    'create index runs_newest on runs (experiment, lifecycle, start_time desc, run_id)',
    `create table metric_keys (id ${ddl.serial}, name text not null unique)`,
    `create table metric_points (
      run bigint not null,
      key bigint not null,
      step bigint not null,
      ts bigint not null,
      value double precision not null,
      is_nan bigint not null,
      primary key (run, key, step, ts, value, is_nan)
    )${ddl.clustered}`,
    `create table metric_latest (
      run bigint not null,
      key bigint not null,
      step bigint not null,
      ts bigint not null,
      value double precision not null,
      is_nan bigint not null,
      points bigint not null,
      lowest double precision,
      highest double precision,
      in_order bigint not null,
      settled bigint not null,
      primary key (run, key)
    )${ddl.clustered}`,
    'create index metric_latest_value on metric_latest (key, value, run, is_nan) where settled = 1',
    'create index metric_latest_live on metric_latest (key, run) where settled = 0',
    `create table run_params (
      run bigint not null,
      key text not null,
      value text not null,
      primary key (run, key)
    )${ddl.clustered}`,
    `create table run_tags (
      run bigint not null,
      key text not null,
      value text not null,
      primary key (run, key)
    )${ddl.clustered}`,
    `create table logged_datasets (
      id ${ddl.serial},
      experiment bigint not null references experiments (id),
      name text not null,
      digest text not null,
      source_type text not null,
      source text not null,
      schema text,
      profile text,
      unique (experiment, name, digest)
    )`,
    `create table run_datasets (
      run bigint not null,
      dataset bigint not null references logged_datasets (id),
      context text,
      tags text not null,
      primary key (run, dataset)
    )${ddl.clustered}`,
    'create index run_datasets_dataset on run_datasets (dataset)',
    `create table run_models (
      run bigint not null,
      direction text not null,
      model_id text not null,
      step bigint not null,
      primary key (run, direction, model_id, step)
    )${ddl.clustered}`,
    `create table logged_models (
      model_id text primary key,
      project text not null,
      experiment bigint not null references experiments (id),
      name text not null,
      model_type text not null,
      source_run_id text not null,
      status text not null,
      status_message text,
      artifact_uri text not null,
      lifecycle text not null,
      created_at bigint not null,
      updated_at bigint not null
    )`,
    'create index logged_models_newest on logged_models (experiment, lifecycle, created_at desc, model_id)',
    'create index logged_models_run on logged_models (source_run_id)',
    `create table logged_model_params (
      model_id text not null,
      key text not null,
      value text not null,
      primary key (model_id, key)
    )${ddl.clustered}`,
    `create table logged_model_tags (
      model_id text not null,
      key text not null,
      value text not null,
      primary key (model_id, key)
    )${ddl.clustered}`,
    `create table logged_model_metrics (
      model_id text not null,
      key text not null,
      run_id text not null,
      step bigint not null,
      ts bigint not null,
      value double precision not null,
      is_nan bigint not null,
      dataset_name text not null,
      dataset_digest text not null,
      primary key (model_id, key, run_id, step, ts, value, is_nan, dataset_name, dataset_digest)
    )${ddl.clustered}`,
  ],
};
