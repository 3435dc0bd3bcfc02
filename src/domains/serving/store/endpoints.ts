import { sql } from 'kysely';
import type { Capabilities, Reader, Tx } from '../../../database/index.ts';
import type { Arm, Cause, Deployment, TrafficRevision } from '../schema/control.ts';
import type { DeploymentRoute, EndpointRoute } from '../schema/route.ts';

export interface EndpointRow {
  name: string;
  project: string;
  environment: string;
  unit: string | null;
  log: 'answer' | 'refuse';
  revision: number;
  created_at: number;
  updated_at: number;
}

interface RevisionTable {
  endpoint: string;
  revision: number;
  arms: string;
  cause: string;
  state: TrafficRevision['state'];
  error: string | null;
  created_at: number;
}

interface DeploymentTable extends Deployment {
  project: string;
  route: string;
}

/** What the gateway needs of a deployment whatever its share: fixed when it is made. */
export type DeploymentPlan = Pick<DeploymentRoute, 'model' | 'signature' | 'feature_service'> &
  Pick<EndpointRoute, 'request'>;

export type DeploymentRow = Omit<DeploymentTable, 'route'> & { route: DeploymentPlan };

declare module '../../../database/tables.ts' {
  interface Tables {
    endpoints: EndpointRow;
    deployments: DeploymentTable;
    traffic_revisions: RevisionTable;
    route_revisions: { one: number; revision: number };
  }
}

export const findEndpoint = (reader: Reader, name: string): Promise<EndpointRow | undefined> =>
  reader.selectFrom('endpoints').selectAll().where('name', '=', name).executeTakeFirst();

export async function listEndpoints(reader: Reader, project?: string): Promise<EndpointRow[]> {
  let query = reader.selectFrom('endpoints').selectAll().orderBy('name');
  if (project !== undefined) query = query.where('project', '=', project);
  return query.execute();
}

export async function saveEndpoint(tx: Tx, row: EndpointRow): Promise<void> {
  await tx
    .insertInto('endpoints')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ unit: row.unit, log: row.log, revision: row.revision, updated_at: row.updated_at }),
    )
    .execute();
}

export async function listDeployments(reader: Reader, endpoint: string): Promise<DeploymentRow[]> {
  const rows = await reader
    .selectFrom('deployments')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .orderBy('number')
    .execute();
  return rows.map((row) => ({ ...row, route: JSON.parse(row.route) as DeploymentPlan }));
}

export async function insertDeployment(tx: Tx, row: DeploymentRow): Promise<void> {
  await tx
    .insertInto('deployments')
    .values({ ...row, route: JSON.stringify(row.route) })
    .execute();
}

export async function insertRevision(
  tx: Tx,
  endpoint: string,
  revision: { revision: number; arms: Arm[]; cause: Cause; state: TrafficRevision['state'] },
): Promise<void> {
  await tx
    .insertInto('traffic_revisions')
    .values({
      endpoint,
      revision: revision.revision,
      arms: JSON.stringify(revision.arms),
      cause: JSON.stringify(revision.cause),
      state: revision.state,
      error: null,
      created_at: Date.now(),
    })
    .execute();
}

export async function setRevisionState(
  tx: Tx,
  endpoint: string,
  revision: number,
  state: TrafficRevision['state'],
  error: string | null,
): Promise<void> {
  await tx
    .updateTable('traffic_revisions')
    .set({ state, error })
    .where('endpoint', '=', endpoint)
    .where('revision', '=', revision)
    .execute();
}

export async function supersede(tx: Tx, endpoint: string, below: number): Promise<void> {
  await tx
    .updateTable('traffic_revisions')
    .set({ state: 'superseded' })
    .where('endpoint', '=', endpoint)
    .where('revision', '<', below)
    .where('state', 'in', ['live', 'applying'])
    .execute();
}

export async function listRevisions(
  reader: Reader,
  endpoint: string,
  limit = 200,
): Promise<TrafficRevision[]> {
  const rows = await reader
    .selectFrom('traffic_revisions')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .orderBy('revision', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toRevision);
}

/** The newest revision in the given state. */
export async function newestRevision(
  reader: Reader,
  endpoint: string,
  state: TrafficRevision['state'],
): Promise<TrafficRevision | undefined> {
  const row = await reader
    .selectFrom('traffic_revisions')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .where('state', '=', state)
    .orderBy('revision', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && toRevision(row);
}

/** The next revision of the table of routes, counted over all replicas; also behind those of a database before its restore. */
export async function nextTableRevision(tx: Tx, { now }: Capabilities): Promise<number> {
  const { rows } = await sql<{ revision: number }>`
    insert into route_revisions as r (one, revision) values (1, ${now})
    on conflict (one) do update set revision = case when r.revision < ${now} then ${now} else r.revision + 1 end
    returning revision`.execute(tx);
  return (rows[0] as { revision: number }).revision;
}

export async function nextRevision(reader: Reader, endpoint: string): Promise<number> {
  const row = await reader
    .selectFrom('traffic_revisions')
    .select((eb) => eb.fn.max('revision').as('last'))
    .where('endpoint', '=', endpoint)
    .executeTakeFirst();
  return Number(row?.last ?? 0) + 1;
}

function toRevision(row: RevisionTable): TrafficRevision {
  return {
    revision: row.revision,
    arms: JSON.parse(row.arms) as Arm[],
    cause: JSON.parse(row.cause) as Cause,
    state: row.state,
    error: row.error,
    created_at: row.created_at,
  };
}
