import { createHash } from 'node:crypto';
import type { Analytics } from '../../analytics/index.ts';
import type { Database, Reader, Tx } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import { AppError } from '../../lib/errors.ts';
import { compileExpression } from '../../lib/expressions/compile.ts';
import type { DatasetsService } from '../datasets/service.ts';
import { datasetUrn } from '../datasets/schema.ts';
import type { Actor } from '../identity/schema.ts';
import type { LineageService } from '../lineage/service.ts';
import { FEATURE_ERRORS } from './errors.ts';
import { checkViewSql } from './materialise.ts';
import {
  type Applied,
  type DefinitionKind,
  Entity,
  FeatureFile,
  type FeatureService,
  FeatureView,
  type PinnedService,
  serviceUrn,
  type ValueType,
  viewUrn,
} from './schema.ts';
import {
  type DefinitionRow,
  findCurrent,
  insertDefinition,
  listDefinitionVersions,
  markApplied,
} from './store/definitions.ts';

export interface DefinitionsGround {
  database: Database;
  analytics: Analytics;
  events: Events;
  lineage: LineageService;
  datasets: DatasetsService;
}

const RESERVED = ['key', 'event_time', 'created_time'];

/** Publishes definitions: all of the file or nothing. A changed one gets the next version, its earlier versions stay. */
export async function applyDefinitions(
  ground: DefinitionsGround,
  actor: Actor,
  project: string,
  given: FeatureFile,
): Promise<Applied[]> {
  const file = FeatureFile.parse(given);
  for (const view of file.views) {
    checkFeatureNames(view);
    const source = await ground.datasets.findVersion(project, view.source, 'latest');
    await checkViewSql(ground.analytics, view, source?.columns);
  }
  return ground.database.write(async (tx) => {
    const applied: Applied[] = [];
    for (const entity of file.entities) applied.push(await save(tx, actor, project, 'entity', entity));
    for (const view of file.views) {
      await checkEntity(tx, project, view);
      const result = await save(tx, actor, project, 'view', view);
      applied.push(result);
      const self = viewUrn(project, view.name, result.version);
      await ground.lineage.link(tx, project, self, 'derived-from', datasetUrn(project, view.source));
    }
    for (const service of file.services) {
      const pinned = await pin(tx, project, service);
      const result = await save(tx, actor, project, 'service', pinned);
      applied.push(result);
      const self = serviceUrn(project, service.name, result.version);
      for (const join of pinned.joins)
        await ground.lineage.link(tx, project, self, 'uses', viewUrn(project, join.view, join.view_version));
    }
    for (const result of applied.filter(
      ({ kind, outcome }) => kind !== 'entity' && outcome !== 'unchanged',
    )) {
      await ground.events.append(tx, {
        type: `feature.${result.kind}.applied`,
        source: 'features',
        subject: (result.kind === 'view' ? viewUrn : serviceUrn)(project, result.name, result.version),
        project,
        data: { ...result, by: actor.name },
      });
    }
    return applied;
  });
}

/** Types of the columns that a service's transforms see, transforms included. Throws when one does not compile. */
function transformTypes(
  service: Pick<FeatureService, 'name' | 'request' | 'transforms'>,
): Record<string, ValueType> {
  const types: Record<string, ValueType> = Object.fromEntries(
    service.request.map(({ name, type }) => [name, type]),
  );
  for (const transform of service.transforms)
    types[transform.name] = compileExpression(transform.expression, types).type;
  return types;
}

/** Names of the vector in order: request columns, transforms, then features and age of each join. */
export const vectorOf = (service: Pick<PinnedService, 'request' | 'transforms' | 'joins'>): string[] => [
  ...service.request.map(({ name }) => name),
  ...service.transforms.map(({ name }) => name),
  ...service.joins.flatMap((join) => [
    ...join.features.map(({ as }) => as),
    ...(join.age_as === null ? [] : [join.age_as]),
  ]),
];

function checkFeatureNames(view: FeatureView): void {
  const names = view.features.map(({ name }) => name.toLowerCase());
  const fault = names.find((name, i) => names.indexOf(name) !== i || RESERVED.includes(name));
  if (fault === undefined) return;
  const why = RESERVED.includes(fault) ? 'which every view has as a column' : 'which is there twice';
  throw new AppError(
    FEATURE_ERRORS.FEATURE_DEFINITION,
    `View '${view.name}' lists the feature '${fault}', ${why}.`,
  );
}

async function checkEntity(tx: Reader, project: string, view: FeatureView): Promise<void> {
  if (view.entity === null || (await findCurrent<Entity>(tx, project, 'entity', view.entity))) return;
  throw new AppError(
    FEATURE_ERRORS.FEATURE_DEFINITION,
    `View '${view.name}' is of the entity '${view.entity}', which is not defined.`,
    { hint: 'List it under entities in the same file.' },
  );
}

/** Fixes the version of every view and checks that the service fits together. */
async function pin(tx: Reader, project: string, service: FeatureService): Promise<PinnedService> {
  const fault = (why: string, hint?: string) =>
    new AppError(FEATURE_ERRORS.FEATURE_DEFINITION, `Service '${service.name}': ${why}.`, { hint });
  const types = transformTypes(service);
  const time = service.event_time_column;
  if (time !== null && !service.request.some(({ name, type }) => name === time && type === 'timestamp'))
    throw fault(`'${time}' is not one of its request columns of type timestamp`);
  const joins: PinnedService['joins'] = [];
  for (const join of service.joins) {
    const versions = await listDefinitionVersions<FeatureView>(tx, project, 'view', join.view);
    const current = await findCurrent<FeatureView>(tx, project, 'view', join.view);
    const row =
      join.view_version === undefined
        ? current
        : versions.find(({ version }) => version === join.view_version);
    if (!row)
      throw fault(
        `there is no view '${join.view}'${join.view_version ? ` version ${join.view_version}` : ''}`,
      );
    const known = row.definition.features.map(({ name }) => name);
    const unknown = join.features.find(({ feature }) => !known.includes(feature));
    if (unknown)
      throw fault(`view '${join.view}' has no feature '${unknown.feature}'`, `It has ${known.join(', ')}.`);
    if ('column' in join.key && !(join.key.column in types))
      throw fault(`the key '${join.key.column}' of view '${join.view}' is no request column or transform`);
    joins.push({ ...join, view_version: row.version });
  }
  const pinned: PinnedService = { ...service, joins };
  const names = vectorOf(pinned);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw fault(`two columns are called '${twice}'`, 'Rename one with `as`.');
  return pinned;
}

async function save(
  tx: Tx,
  actor: Actor,
  project: string,
  kind: DefinitionKind,
  definition: Entity | FeatureView | PinnedService,
): Promise<Applied> {
  const { name } = definition;
  const digest = createHash('sha256').update(canonical(definition)).digest('hex');
  const versions = await listDefinitionVersions(tx, project, kind, name);
  const current = await findCurrent(tx, project, kind, name);
  const result = (version: number, outcome: Applied['outcome']): Applied => ({
    kind,
    name,
    version,
    outcome,
    previous: current?.version ?? null,
  });
  if (current?.digest === digest) return result(current.version, 'unchanged');
  const applied = (current?.applied ?? 0) + 1;
  const known = versions.find((row) => row.digest === digest);
  if (known) {
    await markApplied(tx, known, applied);
    return result(known.version, 'restored');
  }
  const row: DefinitionRow = {
    project,
    kind,
    name,
    version: (versions[0]?.version ?? 0) + 1,
    digest,
    definition,
    applied,
    created_at: Date.now(),
    created_by: actor.name,
  };
  await insertDefinition(tx, row);
  return result(row.version, current ? 'changed' : 'new');
}

/** JSON with its keys in order, so that the digest depends on the content alone. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
