import { openAsBlob, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { invalid, notFound } from '../../lib/errors.ts';
import { textTable } from '../../lib/table.ts';
import { datasetsContract } from './contract.ts';
import type { DatasetVersion, ImportFile, ImportProgress, ImportRequest } from './schema.ts';

const POLL_MS = 300;
/** A wait is never silent for longer. */
const STILL_MS = 1500;
const FORMATS: Record<string, ImportFile['format']> = {
  '.parquet': 'parquet',
  '.csv': 'csv',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
};

export function datasetsCommand(program: Command, context: CommandContext): void {
  const noun = program.command('datasets').description('Named data in immutable versions');

  noun
    .command('import <name> <files...>')
    .description('Make the next version of a dataset from Parquet, CSV or JSON Lines files')
    .option('--where <condition>', 'SQL condition on the columns of the files')
    .option('--select <query>', 'one SELECT over the view "input", instead of --where')
    .option('--skip-bad', 'leave out rows that cannot be read, and count them')
    .option('--note <text>', 'what this version is')
    .action(async (name: string, files: string[], options: ImportOptions) => {
      const uploaded: ImportFile[] = [];
      for (const file of files) uploaded.push(await upload(context, file));
      const body: Partial<ImportRequest> & Pick<ImportRequest, 'files'> = {
        files: uploaded,
        skip_bad: options.skipBad ?? false,
        ...(options.where === undefined ? {} : { where: options.where }),
        ...(options.select === undefined ? {} : { select: options.select }),
        ...(options.note === undefined ? {} : { note: options.note }),
      };
      const params = { project: context.project(), name };
      const { job } = await context.client(datasetsContract).importVersion({ params, body });
      const ended = await wait(context, name, job);
      context.print(ended, resultOf(name, ended));
      if (ended.state !== 'done') context.fail();
    });

  noun
    .command('list')
    .description('Datasets with their latest version')
    .action(async () => {
      const params = { project: context.project() };
      const { datasets } = await context.client(datasetsContract).listDatasets({ params });
      const rows = datasets.map(({ name, latest, description }) => [
        name,
        latest?.version ?? null,
        latest?.rows ?? null,
        latest?.validation ? (latest.validation.failed === 0 ? 'passed' : 'failed') : '',
        description,
      ]);
      const table = textTable(['DATASET', 'VERSION', 'ROWS', 'CHECKS', 'DESCRIPTION'], rows);
      context.print(datasets, table || 'No datasets yet: rondo datasets import NAME FILE makes the first.');
    });

  noun
    .command('show <name> [version]')
    .description('One version: its columns in numbers; the latest unless one is named')
    .action(async (name: string, version = 'latest') => {
      const params = { project: context.project(), name, version };
      const found = await context.client(datasetsContract).getDatasetVersion({ params });
      context.print(found, describe(found));
    });
}

interface ImportOptions {
  where?: string;
  select?: string;
  skipBad?: boolean;
  note?: string;
}

async function upload(context: CommandContext, path: string): Promise<ImportFile> {
  const format = FORMATS[extname(path).toLowerCase()];
  if (!format)
    throw invalid(
      `The format of '${path}' is not known.`,
      'Name the file .parquet, .csv, .jsonl or .ndjson.',
    );
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile()) throw notFound(`File '${path}'`);
  context.progress(`uploading ${basename(path)} (${(found.size / 1e6).toFixed(1)} MB)`);
  const still = setInterval(
    () => context.progress(`uploading ${basename(path)}, ${Math.round(process.uptime())} s so far`),
    STILL_MS,
  );
  try {
    const params = { project: context.project() };
    const stream = await openAsBlob(path);
    const { digest } = await context.client(datasetsContract).uploadBlob({ params }, { stream });
    return { digest, format, name: basename(path) };
  } finally {
    clearInterval(still);
  }
}

async function wait(context: CommandContext, name: string, job: string): Promise<ImportProgress> {
  const client = context.client(datasetsContract);
  let spoke = Date.now();
  for (;;) {
    const state = await client.getImport({ params: { project: context.project(), name, job } });
    if (!['queued', 'running'].includes(state.state)) return state;
    const still = Date.now() - spoke >= STILL_MS;
    const rows = state.rows > 0 ? `, ${state.rows.toLocaleString('en')} rows` : '';
    const since = still ? `, ${Math.round(process.uptime())} s so far` : '';
    context.progress(`${state.phase}: ${state.files_done} of ${state.files} files${rows}${since}`);
    if (still) spoke = Date.now();
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function resultOf(name: string, ended: ImportProgress): string {
  if (!ended.result)
    return `The import of ${name} ended as ${ended.state}: ${ended.error ?? 'no reason was given'}`;
  const { version, rows, created, skipped, validation } = ended.result;
  const left =
    skipped > 0 ? ` ${skipped.toLocaleString('en')} rows could not be read and were left out.` : '';
  const checks = validation ? ` Checks: ${validation.passed} passed, ${validation.failed} failed.` : '';
  const what = created ? 'is' : 'was already';
  return `${name} version ${version} ${what} there: ${rows.toLocaleString('en')} rows.${left}${checks}`;
}

function describe(version: DatasetVersion): string {
  const number = (value: number | null) => (value === null ? '' : Number(value.toPrecision(5)));
  const rows = version.profile.columns.map((column) => [
    column.name,
    column.type,
    column.nulls,
    column.distinct,
    number(column.min),
    number(column.mean),
    number(column.max),
  ]);
  const head = `${version.dataset} version ${version.version}, ${version.rows.toLocaleString('en')} rows, ${version.digest.slice(0, 12)}`;
  return `${head}\n\n${textTable(['COLUMN', 'TYPE', 'NULLS', 'DISTINCT', 'MIN', 'MEAN', 'MAX'], rows)}`;
}
