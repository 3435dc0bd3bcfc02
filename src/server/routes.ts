import { findJob } from '../jobs/index.ts';
import { bind, type Bound } from '../lib/contract/index.ts';
import { notFound } from '../lib/errors.ts';
import { VERSION } from '../lib/version.ts';
import type { Ground } from './ground.ts';
import { serverContract } from './contract.ts';
import { requestCollection, storageUse } from './storage/collect.ts';
import { COLLECT_JOB, type Collection } from './storage/schema.ts';

/** Says in words what a room still does by itself in a project; empty when nothing. */
export type BusyReport = (project: string) => Promise<string[]>;

/** Work that only looks at what happened: nothing waits for it. */
const ASIDE = ['maturity.assess', COLLECT_JOB];

export const serverRoutes = <Actor>(
  ground: Ground,
  gatewayUrl: () => string | null,
  reports: readonly BusyReport[],
): Bound<Actor>[] =>
  bind(serverContract, {
    getWork: async ({ params }) => {
      const busy: string[] = [];
      if (!(await ground.subscriptions.isCaughtUp())) busy.push('events are being handed out');
      const jobs = await ground.database.read
        .selectFrom('jobs')
        .select(['kind', (eb) => eb.fn.countAll<number>().as('n')])
        .where('state', 'in', ['queued', 'running'])
        .where('kind', 'not in', ASIDE)
        .where((eb) => eb.or([eb('project', '=', params.project), eb('project', 'is', null)]))
        .where((eb) => eb.or([eb('run_at', '<=', Date.now() + 60_000), eb('state', '=', 'running')]))
        .groupBy('kind')
        .execute();
      for (const job of jobs) busy.push(`${job.n} × ${job.kind}`);
      for (const report of reports) busy.push(...(await report(params.project)));
      if (busy.length === 0 && !(await ground.subscriptions.isCaughtUp()))
        busy.push('events are being handed out');
      return { quiet: busy.length === 0, busy };
    },
    getStatus: () => ({
      version: VERSION,
      gateway: gatewayUrl(),
      database: ground.database.capabilities.engine,
      uptime_s: Math.round(process.uptime()),
    }),
    getStorage: () => storageUse(ground),
    collectStorage: async ({ body }) => ({ job: await requestCollection(ground.database, body) }),
    getCollection: async ({ params }) => {
      const job = await findJob(ground.database.read, params.job);
      if (job?.kind !== COLLECT_JOB) throw notFound(`Collection ${params.job}`);
      const result = job.state === 'done' ? (job.result as Collection) : null;
      return { state: job.state, error: job.error, result };
    },
  });
