import type { Analytics } from '../../analytics/index.ts';
import type { Database } from '../../database/index.ts';
import { AppError } from '../../lib/errors.ts';
import type { Urn } from '../../lib/urn.ts';
import { versionUrn } from '../datasets/schema.ts';
import { type DatasetsService, tableOf } from '../datasets/service.ts';
import type { Actor } from '../identity/schema.ts';
import { getDefinition, viewIdOf } from './catalog.ts';
import { FEATURE_ERRORS } from './errors.ts';
import { joinHistory, type ResolvedJoin } from './historical.ts';
import {
  type FeatureView,
  HistoricalRequest,
  type HistoricalResult,
  type PinnedService,
  serviceUrn,
  viewUrn,
} from './schema.ts';
import { listPartitions } from './store/partitions.ts';

/** The verb that reads history for a feature service, and saves it as dataset versions when asked to. */
export function createHistory(ground: {
  database: Database;
  analytics: Analytics;
  datasets: DatasetsService;
}) {
  const { database, analytics, datasets } = ground;

  async function resolveJoins(project: string, service: PinnedService): Promise<ResolvedJoin[]> {
    return Promise.all(
      service.joins.map(async (join) => {
        const row = await getDefinition<FeatureView>(
          database.read,
          project,
          'view',
          join.view,
          join.view_version,
        );
        const partitions = await listPartitions(database.read, viewIdOf(row));
        if (partitions.length > 0) return { join, view: row.definition, partitions };
        throw new AppError(
          FEATURE_ERRORS.NOT_MATERIALISED,
          `View '${join.view}' version ${join.view_version} holds no rows, so history would be empty.`,
        );
      }),
    );
  }

  async function historical(
    actor: Actor,
    project: string,
    given: HistoricalRequest,
    signal?: AbortSignal,
  ): Promise<HistoricalResult> {
    const request = HistoricalRequest.parse(given);
    const service = await getDefinition<PinnedService>(
      database.read,
      project,
      'service',
      request.service,
      request.version,
    );
    const input = await inputOf(project, request);
    const joins = await resolveJoins(project, service.definition);
    const joined = await joinHistory(analytics, input, service.definition, joins, request, signal);
    const derivedFrom: Urn[] = [
      ...input.urns,
      serviceUrn(project, service.name, service.version),
      ...joins.map(({ join }) => viewUrn(project, join.view, join.view_version)),
    ];
    const keep = async (blob: { digest: string; size: number }, name: string | undefined) => {
      const counted = await analytics.run({
        tables: { t: [blob.digest] },
        rows: { n: 'select count(*)::double as n from t' },
      });
      const rows = Number(counted.rows.n[0]?.n);
      const table = { digest: blob.digest, bytes: blob.size, rows, version: null };
      if (name === undefined || rows === 0) return table;
      const note = `Point-in-time join of ${service.name} v${service.version}`;
      const { version } = await datasets.createVersionFromParquet(actor, project, name, [blob], {
        derivedFrom,
        note,
      });
      return { ...table, version: version.version };
    };
    return {
      service: service.name,
      service_version: service.version,
      columns: joined.columns,
      vector: joined.vector,
      table: await keep(joined.table, request.save_as),
      holdout: joined.holdout && (await keep(joined.holdout, request.save_holdout_as)),
    };
  }

  async function inputOf(project: string, request: HistoricalRequest) {
    if (request.blobs) {
      const { rows } = await analytics.run({
        tables: { t: request.blobs },
        rows: { n: 'select count(*)::double as n from t' },
      });
      return { digests: request.blobs, rows: Number(rows.n[0]?.n), urns: [] as Urn[] };
    }
    const { name, versions } = request.dataset as NonNullable<HistoricalRequest['dataset']>;
    const found = await Promise.all(versions.map((version) => datasets.getVersion(project, name, version)));
    return {
      digests: found.flatMap(tableOf),
      rows: found.reduce((sum, version) => sum + version.rows, 0),
      urns: found.map((version) => versionUrn(project, name, version.version)),
    };
  }

  return historical;
}
