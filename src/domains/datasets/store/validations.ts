import type { Reader, Tx } from '../../../database/index.ts';
import type { ValidationReport, ValidationSummary } from '../schema.ts';

declare module '../../../database/tables.ts' {
  interface Tables {
    dataset_validations: ValidationSummary & { project: string; dataset: string; report: string };
  }
}

export async function insertReport(tx: Tx, report: ValidationReport): Promise<void> {
  const { id, project, dataset, version, passed, failed, warned, skipped, created_at } = report;
  await tx
    .insertInto('dataset_validations')
    .values({
      id,
      project,
      dataset,
      version,
      passed,
      failed,
      warned,
      skipped,
      created_at,
      report: JSON.stringify(report),
    })
    .execute();
}

export async function findReport(reader: Reader, id: string): Promise<ValidationReport | undefined> {
  const row = await reader
    .selectFrom('dataset_validations')
    .select('report')
    .where('id', '=', id)
    .executeTakeFirst();
  return row && (JSON.parse(row.report) as ValidationReport);
}

/** Newest first. */
export async function listReports(
  reader: Reader,
  project: string,
  dataset: string,
  limit: number,
): Promise<ValidationSummary[]> {
  return reader
    .selectFrom('dataset_validations')
    .select(['id', 'version', 'passed', 'failed', 'warned', 'skipped', 'created_at'])
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** The newest report of each version asked for. */
export async function latestReports(
  reader: Reader,
  project: string,
  dataset: string,
  versions: readonly number[],
): Promise<Map<number, ValidationSummary>> {
  if (versions.length === 0) return new Map();
  const rows = await reader
    .selectFrom('dataset_validations')
    .select(['id', 'version', 'passed', 'failed', 'warned', 'skipped', 'created_at'])
    .where('project', '=', project)
    .where('dataset', '=', dataset)
    .where('version', 'in', versions)
    .orderBy('created_at')
    .execute();
  return new Map(rows.map((row) => [row.version, row]));
}
