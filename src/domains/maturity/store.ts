import type { Reader, Tx } from '../../database/index.ts';
import type { Attestation, Axis, CiKind, CiResult, LevelChange } from './schema.ts';

interface CiTable {
  id: number;
  project: string;
  commit_id: string;
  suite: string;
  kind: CiKind;
  passed: number;
  failed: number;
  skipped: number;
  url: string | null;
  reported_by: string;
  reported_at: number;
}

interface LevelTable {
  id: number;
  project: string;
  level: number;
  axes: string;
  since: number;
}

declare module '../../database/tables.ts' {
  interface Tables {
    ci_results: CiTable;
    maturity_levels: LevelTable;
    maturity_attestations: {
      project: string;
      criterion: string;
      attested_by: string;
      recorded_by: string;
      statement: string;
      attested_at: number;
      expires_at: number;
    };
  }
}

const toResult = ({ commit_id, ...row }: CiTable): CiResult => ({ ...row, commit: commit_id });

export async function insertCiResult(tx: Tx, result: Omit<CiResult, 'id'>): Promise<CiResult> {
  const { commit, ...rest } = result;
  const row = await tx
    .insertInto('ci_results')
    .values({ ...rest, commit_id: commit } as CiTable)
    .returningAll()
    .executeTakeFirstOrThrow();
  return toResult(row);
}

/** Newest first. */
export async function listCiResults(
  reader: Reader,
  filter: { project: string; commit?: string | undefined; since?: number; limit: number },
): Promise<CiResult[]> {
  let query = reader
    .selectFrom('ci_results')
    .selectAll()
    .where('project', '=', filter.project)
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.commit !== undefined) query = query.where('commit_id', 'like', `${filter.commit}%`);
  if (filter.since !== undefined) query = query.where('reported_at', '>=', filter.since);
  return (await query.execute()).map(toResult);
}

/** Newest first. */
export async function listLevels(reader: Reader, project: string, limit: number): Promise<LevelChange[]> {
  const rows = await reader
    .selectFrom('maturity_levels')
    .select(['level', 'axes', 'since'])
    .where('project', '=', project)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, axes: JSON.parse(row.axes) as Record<Axis, number> }));
}

export async function insertLevel(tx: Tx, project: string, change: LevelChange): Promise<void> {
  const row = { project, level: change.level, axes: JSON.stringify(change.axes), since: change.since };
  await tx
    .insertInto('maturity_levels')
    .values(row as LevelTable)
    .execute();
}

export async function listAttestations(reader: Reader, project: string): Promise<Attestation[]> {
  const rows = await reader
    .selectFrom('maturity_attestations')
    .selectAll()
    .where('project', '=', project)
    .orderBy('criterion')
    .execute();
  return rows.map(({ project: _, attested_by, ...row }) => ({ ...row, by: attested_by }));
}

export async function saveAttestation(tx: Tx, project: string, attestation: Attestation): Promise<void> {
  const { by, criterion, ...rest } = attestation;
  const values = { ...rest, attested_by: by };
  await tx
    .insertInto('maturity_attestations')
    .values({ project, criterion, ...values })
    .onConflict((conflict) => conflict.columns(['project', 'criterion']).doUpdateSet(values))
    .execute();
}
