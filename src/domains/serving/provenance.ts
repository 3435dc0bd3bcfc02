import type { Database } from '../../database/index.ts';
import { AppError } from '../../lib/errors.ts';
import { urn } from '../../lib/urn.ts';
import type { LineageService } from '../lineage/service.ts';
import { SERVING_ERRORS } from './errors.ts';
import { parsePredictionId } from './schema/route.ts';
import type { LogService } from './service/log.ts';
import { type DeploymentRow, findEndpoint, listDeployments, newestRevision } from './store/endpoints.ts';
import { championOf } from './traffic.ts';

/** Tells lineage what predictions, deployments and endpoints are. A prediction names its deployment in its id. */
export function resolveServing(
  database: Database,
  lineage: LineageService,
  log: Pick<LogService, 'find'>,
): void {
  const { read } = database;
  const page = (project: string, endpoint: string) =>
    `/p/${encodeURIComponent(project)}/endpoints/${encodeURIComponent(endpoint)}`;

  async function deploymentOf(endpoint: string, number: number): Promise<DeploymentRow | undefined> {
    return (await listDeployments(read, endpoint)).find((row) => row.number === number);
  }

  /** The logged row; undefined when the log has none. */
  async function logged(id: string): Promise<Record<string, unknown> | undefined> {
    try {
      return (await log.find(id)).prediction;
    } catch (error) {
      if (error instanceof AppError && error.code === SERVING_ERRORS.PREDICTION_UNKNOWN.code)
        return undefined;
      throw error;
    }
  }

  lineage.resolve('prediction', {
    async describe([id = '']) {
      const row = await logged(id);
      if (!row) return undefined;
      const endpoint = String(row.endpoint);
      const owner = (await findEndpoint(read, endpoint))?.project;
      const facts = { output: numberOf(row.output), event_time: numberOf(row.event_time) };
      if (owner === undefined) return undefined;
      const href = `/p/${encodeURIComponent(owner)}/predictions/${id}`;
      return { title: `An answer of ${endpoint}`, facts, href, project: owner };
    },
    async links([id = '']) {
      const parsed = parsePredictionId(id);
      return parsed
        ? [{ relation: 'scored-by', to: urn('deployment', parsed.endpoint, parsed.deployment) }]
        : [];
    },
    expects: ['scored-by'],
  });
  lineage.resolve('deployment', {
    async describe([endpoint = '', number = '']) {
      const row = await deploymentOf(endpoint, Number(number));
      if (!row) return undefined;
      const facts = { model: row.model, version: row.version, digest: row.digest, by: row.created_by };
      return {
        title: `${endpoint} deployment ${row.number}`,
        facts,
        href: page(row.project, endpoint),
        project: row.project,
      };
    },
    expects: ['uses', 'part-of'],
  });
  lineage.resolve('endpoint', {
    async describe([name = '']) {
      const row = await findEndpoint(read, name);
      if (!row) return undefined;
      const champion = championOf((await newestRevision(read, name, 'live'))?.arms ?? []);
      const live = champion ? `${champion.model} v${champion.version}` : null;
      return {
        title: row.name,
        facts: { environment: row.environment, live },
        href: page(row.project, row.name),
        project: row.project,
      };
    },
  });
}

const numberOf = (value: unknown): number | null =>
  value === null || value === undefined || !Number.isFinite(Number(value)) ? null : Number(value);
