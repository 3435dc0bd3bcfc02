import { fileURLToPath } from 'node:url';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { AppError, defineErrors } from '../lib/errors.ts';
import { VERSION } from '../lib/version.ts';
import { createApp } from './app.ts';
import { type Config, readConfig } from './config.ts';
import { createDomains, type Domains } from './domains.ts';
import { closeGround, type Ground, openGround, type Report } from './ground.ts';
import { lockData } from './lock.ts';
import { openChanges } from './open-changes.ts';
import { watchSchema } from './schema-watch.ts';

export interface Server {
  url: string;
  /** Opens the UI with the right of the start token. */
  startUrl: string;
  ground: Ground;
  domains: Domains;
  close(): Promise<void>;
  /** Settles with the reason when this server has ended by itself: a newer Rondo has changed the database. Its gateway goes on serving. */
  superseded: Promise<AppError>;
}

const SERVER_ERRORS = defineErrors({
  PORT_IN_USE: {
    status: 409,
    hint: 'Start with --port 0 for any free port, or stop the program that uses this one.',
  },
});

/** Starts a server and settles when it answers. */
export async function startServer(
  config: Config = readConfig(),
  options: { report?: Report; checkAnswers?: boolean } = {},
): Promise<Server> {
  const report =
    options.report ??
    ((line) => void process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...line })}\n`));
  const unlock = lockData(config.data);
  /** Ends what has begun, the last first. */
  const endings: (() => void | Promise<void>)[] = [unlock];
  try {
    const ground = await openGround(config, report);
    endings.push(() => closeGround(ground));
    const domains = await createDomains(ground);
    endings.push(() => domains.stop({ keepGateway: true }));
    let ending: AppError | undefined;
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const app = await createApp({
      gate: domains.gate,
      bound: domains.bound,
      loopback: config.loopback,
      version: VERSION,
      web: webFolder(),
      metrics: () => registry.metrics(),
      ending: () => ending,
      report,
      ...(options.checkAnswers ? { checkAnswers: true } : {}),
    });
    const changes = openChanges(app.server);
    const url = await app
      .listen({ host: config.host, port: config.port })
      .catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'EADDRINUSE') throw cause;
        throw new AppError(
          SERVER_ERRORS.PORT_IN_USE,
          `Port ${config.port} is in use on ${config.host}; the server did not start.`,
          { cause },
        );
      });
    ground.subscriptions.start();
    if (ground.database.capabilities.engine === 'sqlite') await ground.jobs.takeBack();
    ground.jobs.start();
    await domains.start(url);
    let closing: Promise<void> | undefined;
    const close = (options: { keepGateway: boolean }) => (closing ??= closeAll(options));
    async function closeAll(options: { keepGateway: boolean }): Promise<void> {
      watching.stop();
      await closeApp(app);
      await domains.stop(options);
      await closeGround(ground);
      unlock();
    }
    let tell: (why: AppError) => void;
    const superseded = new Promise<AppError>((resolve) => (tell = resolve));
    const watching = watchSchema(ground.database, (why) => {
      ending = why;
      report({ level: 'error', ending: why.message, hint: why.hint });
      // The door stays open, so that callers and whatever spreads them over servers hear why.
      void Promise.all([ground.subscriptions.stop(), ground.jobs.stop(), changes.ended()])
        .then(() => close({ keepGateway: true }))
        .catch((error: unknown) => report({ level: 'error', ending: String(error) }))
        .then(() => tell(why));
    });
    return {
      url,
      startUrl: `${url}/?token=${domains.gate.startToken}`,
      ground,
      domains,
      close: () => close({ keepGateway: false }),
      superseded,
    };
  } catch (error) {
    for (const end of endings.toReversed())
      await Promise.resolve()
        .then(end)
        .catch((cause: unknown) => report({ level: 'warn', ending: String(cause) }));
    throw error;
  }
}

/** A connection whose answer was under way turns idle only afterwards; without another look it would be kept for 72 s. */
async function closeApp(app: Awaited<ReturnType<typeof createApp>>): Promise<void> {
  const look = setInterval(() => app.server.closeIdleConnections(), 100);
  await app.close().finally(() => clearInterval(look));
}

function webFolder(): string {
  const here = fileURLToPath(import.meta.url);
  const base = here.includes('/dist/')
    ? new URL(here.includes('/chunks/') ? '../web' : './web', import.meta.url)
    : new URL('../../dist/web', import.meta.url);
  return fileURLToPath(base);
}
