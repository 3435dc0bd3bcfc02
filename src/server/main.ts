import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from './config.ts';
import { startServer } from './server.ts';

/** Runs a server until SIGTERM or SIGINT. Tells a parent process over IPC, and `<data>/server.json`, where it listens. */
export async function runServer(flags: Record<string, string | undefined>): Promise<void> {
  const config = readConfig(flags);
  const started = startServer(config);
  let closing = false;
  // Also while it starts: the default answer to a signal would leave the gateway behind.
  const stop = () => {
    if (closing) return;
    closing = true;
    started
      .then((server) => server.close())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const server = await started;
  void server.superseded.then((why) => {
    console.error(`${why.message} This server has ended; its gateway goes on serving. ${why.hint ?? ''}`);
    process.exit(1);
  });
  const facts = { url: server.url, pid: process.pid };
  writeFileSync(join(config.data, 'server.json'), JSON.stringify(facts), { mode: 0o600 });
  process.send?.(facts);
  console.log(`Rondo serves at ${server.url}`);
  console.log(`Open ${server.startUrl}`);
}
