import type { Migration } from '../migrate.ts';

/**
 * The JSON text of runs that have ended, kept beside them: written by a background task, null until then and whenever anything
 * that the text says changes; empty where it would be too long to keep. The database itself takes it back, so that no writer can
 * forget to.
 *
 * On PostgreSQL a transaction that changes a run holds the lock of the run's bucket, shared; the task takes it alone before it reads.
 * So it never reads a run that an open transaction is about to change: such a transaction may not see the row of a run that another
 * one ended in the meantime, and would not take the text back.
 */
export const runTexts: Migration = {
  number: 75,
  name: 'run texts',
  up: ({ engine, rowNumber }) => [
    // PostgreSQL keeps rows up to 8 kB whole: to fetch a part from elsewhere costs more than the text itself.
    `create table run_texts (run ${rowNumber}, text text)${engine === 'postgres' ? ' with (toast_tuple_target = 8160)' : ''}`,
    'create index run_texts_missing on run_texts (run) where text is null',
    ...(engine === 'postgres' ? POSTGRES : SQLITE),
    `insert into run_texts (run) select id from runs where ${ENDED}`,
  ],
};

const PARTS = ['metric_latest', 'run_params', 'run_tags', 'run_datasets', 'run_models'];
const CHANGES = ['insert', 'update', 'delete'] as const;
const ENDED = "status in ('FINISHED', 'FAILED', 'KILLED')";

const SQLITE: string[] = [
  ...PARTS.flatMap((table) =>
    CHANGES.map(
      (change) => `create trigger run_texts_${table}_${change} after ${change} on ${table} begin
        update run_texts set text = null where run = ${change === 'delete' ? 'old' : 'new'}.run and text is not null;
      end`,
    ),
  ),
  `create trigger run_texts_runs_insert after insert on runs when new.${ENDED} begin
    insert into run_texts (run) values (new.id);
  end`,
  `create trigger run_texts_runs_update after update on runs begin
    delete from run_texts where run = new.id;
    insert into run_texts (run) select new.id where new.${ENDED};
  end`,
  `create trigger run_texts_runs_delete after delete on runs begin
    delete from run_texts where run = old.id;
  end`,
];

/**
 * Once a statement, not once a row. A plan made while the table was empty would read all of it later. The statement's own rows
 * decide which runs are locked.
 */
const spoils = (name: string, column: string, body: string) => `create function ${name}() returns trigger
  language plpgsql set enable_seqscan = off as $$
  declare touched bigint[] := array(select distinct ${column} from changed);
  begin
    if cardinality(touched) > 0 then
      perform pg_advisory_xact_lock_shared(${LOCKS}, (run % ${BUCKETS})::int) from unnest(touched) as run;
      ${body}
    end if;
    return null;
  end $$`;

/** The first number of the locks, and how many there are: a server has room for some thousand locks. */
export const LOCKS = 7075;
export const BUCKETS = 512;

const onChange = (table: string, change: (typeof CHANGES)[number], action: string) =>
  `create trigger run_texts_${change} after ${change} on ${table}
    referencing ${change === 'delete' ? 'old' : 'new'} table as changed for each statement execute function ${action}()`;

const POSTGRES: string[] = [
  spoils(
    'spoil_run_texts',
    'run',
    'update run_texts set text = null where run = any(touched) and text is not null;',
  ),
  spoils('drop_run_texts', 'id', 'delete from run_texts where run = any(touched);'),
  spoils(
    'want_run_texts',
    'id',
    `delete from run_texts where run = any(touched);
      insert into run_texts (run) select id from changed where ${ENDED};`,
  ),
  ...PARTS.flatMap((table) => CHANGES.map((change) => onChange(table, change, 'spoil_run_texts'))),
  onChange('runs', 'insert', 'want_run_texts'),
  onChange('runs', 'update', 'want_run_texts'),
  onChange('runs', 'delete', 'drop_run_texts'),
];
