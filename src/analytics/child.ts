// Entry of the analytics process: DuckDB, locked to two folders, answering one request at a time over IPC.
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { ChildOpen, ChildReply, ChildRequest } from './protocol.ts';

let connection: DuckDBConnection | undefined;

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;

async function open(options: ChildOpen): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${options.memoryMb}MB`,
    threads: String(options.threads),
  });
  connection = await instance.connect();
  const folders = [options.inputs, options.outputs].map(quote).join(', ');
  await connection.run(`set allowed_directories = [${folders}]`);
  await connection.run(`set temp_directory = ${quote(`${options.outputs}/spill`)}`);
  await connection.run("set timezone = 'UTC'");
  await connection.run('set autoinstall_known_extensions = false');
  await connection.run('set autoload_known_extensions = false');
  await connection.run('set preserve_insertion_order = true');
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
}

async function run(request: ChildRequest): Promise<ChildReply> {
  if (!connection) throw new Error('not open');
  for (const check of request.selectOnly) await assertSelect(connection, check);
  for (const statement of request.statements) await connection.run(statement);
  for (const { sql, path } of request.outputs) {
    await connection.run(`copy (${sql}) to ${quote(path)} (format parquet, compression zstd)`);
  }
  const rows: Record<string, unknown[]> = {};
  for (const [name, text] of Object.entries(request.rows)) {
    const reader = await connection.runAndReadAll(text);
    rows[name] = reader.getRowObjectsJson();
  }
  return { id: request.id, rows };
}

/** Of users' SQL only what DuckDB's own parser calls one SELECT. */
async function assertSelect(on: DuckDBConnection, text: string): Promise<void> {
  const statements = await on.extractStatements(text);
  if (statements.count !== 1) throw new Error('Only one SELECT statement is allowed.');
  const prepared = await statements.prepare(0);
  const type = prepared.statementType;
  prepared.destroySync();
  if (type !== 1) throw new Error('Only a SELECT is allowed.');
}

process.on('message', (message: { open: ChildOpen } | ChildRequest) => {
  if ('open' in message) {
    open(message.open).then(
      () => process.send?.({ ready: true }),
      (error: unknown) => {
        process.send?.({ ready: false, error: String(error) });
        process.exit(1);
      },
    );
    return;
  }
  run(message).then(
    (reply) => process.send?.(reply),
    (error: unknown) =>
      process.send?.({ id: message.id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
