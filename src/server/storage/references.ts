import { sql } from 'kysely';
import type { Reader, Tables } from '../../database/index.ts';

type Place = { [T in keyof Tables]: { table: T; column: keyof Tables[T] & string } }[keyof Tables];

/** A column whose rows keep blobs alive. */
export type Reference = Place & {
  /** What the blobs are to people. */
  kind: string;
  /** `digest`: the column is one, and its blob must be there. `json`: every digest in the text counts if there is such a blob. */
  holds: 'digest' | 'json';
  /** Only these rows. */
  states?: readonly string[];
};

/**
 * The one list of what keeps a blob: garbage collection removes what no row here names, a back-up copies what some row names.
 * Columns that only mention a digest (events, lineage, cache keys) are not here.
 */
export const REFERENCES: readonly Reference[] = [
  { kind: 'artifact', table: 'artifact_names', column: 'digest', holds: 'digest' },
  { kind: 'dataset', table: 'dataset_versions', column: 'manifest', holds: 'json' },
  { kind: 'dataset input', table: 'dataset_versions', column: 'inputs', holds: 'json' },
  { kind: 'dataset input', table: 'dataset_inputs', column: 'digest', holds: 'json' },
  { kind: 'dataset input', table: 'dataset_source_files', column: 'digest', holds: 'json' },
  { kind: 'feature', table: 'feature_partitions', column: 'digest', holds: 'digest' },
  { kind: 'model', table: 'model_versions', column: 'manifest', holds: 'json' },
  { kind: 'model', table: 'evaluations', column: 'model_digest', holds: 'json' },
  { kind: 'evaluation', table: 'evaluations', column: 'report', holds: 'json' },
  { kind: 'pipeline code', table: 'pipeline_versions', column: 'code', holds: 'json' },
  { kind: 'pipeline code', table: 'pipeline_versions', column: 'graph', holds: 'json' },
  { kind: 'pipeline', table: 'pipeline_runs', column: 'params', holds: 'json' },
  { kind: 'pipeline', table: 'step_runs', column: 'inputs', holds: 'json' },
  { kind: 'pipeline', table: 'step_runs', column: 'outputs', holds: 'json' },
  { kind: 'step log', table: 'step_attempts', column: 'log_digest', holds: 'digest' },
  { kind: 'model', table: 'deployments', column: 'digest', holds: 'json' },
  { kind: 'model', table: 'deployments', column: 'route', holds: 'json' },
  { kind: 'prediction', table: 'prediction_parts', column: 'digest', holds: 'digest' },
  { kind: 'waiting work', table: 'jobs', column: 'payload', holds: 'json', states: ['queued', 'running'] },
];

/** What a digest is referenced as. `required`: a row says that its blob is there. */
export interface Referenced {
  kind: string;
  required: boolean;
}

/** Every digest that a row of the list names; the first kind that names it is told. */
export async function referencedDigests(reader: Reader): Promise<Map<string, Referenced>> {
  const found = new Map<string, Referenced>();
  for (const { kind, table, column, holds, states } of REFERENCES) {
    const only = states ? sql` and state in (${sql.join(states)})` : sql``;
    const { rows } = await sql<{ text: string }>`
      select distinct ${sql.ref(column)} as text from ${sql.table(table)} where ${sql.ref(column)} is not null${only}`.execute(
      reader,
    );
    const required = holds === 'digest';
    for (const { text } of rows) {
      for (const [digest] of text.matchAll(DIGEST)) {
        const known = found.get(digest);
        if (!known) found.set(digest, { kind, required });
        else if (required) known.required = true;
      }
    }
  }
  return found;
}

const DIGEST = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g;
