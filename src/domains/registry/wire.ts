import type { KeyValue } from '../tracking/schema.ts';
import type { ModelVersion, RegisteredModel } from './schema.ts';
import type { AliasRow, ModelRow, VersionRow } from './store/models.ts';

/** Rows in the form MLflow's proto JSON gives them. */
export function toVersion(
  name: string,
  row: VersionRow,
  details: { tags?: readonly KeyValue[] | undefined; aliases?: readonly string[] | undefined } = {},
): ModelVersion {
  return {
    name,
    version: String(row.version),
    creation_timestamp: row.created_at,
    last_updated_timestamp: row.updated_at,
    ...(row.user_id === '' ? {} : { user_id: row.user_id }),
    current_stage: row.stage === 'Deleted' ? 'None' : row.stage,
    description: row.description,
    source: row.source,
    run_id: row.run_id,
    status: row.status,
    run_link: row.run_link,
    ...(details.tags && details.tags.length > 0 ? { tags: [...details.tags] } : {}),
    ...(details.aliases && details.aliases.length > 0 ? { aliases: [...details.aliases] } : {}),
    ...(row.model_id === '' ? {} : { model_id: row.model_id }),
    ...(row.manifest === null ? {} : { digest: row.manifest }),
  };
}

export function toModel(
  row: ModelRow,
  details: {
    latest: readonly ModelVersion[];
    tags: readonly KeyValue[] | undefined;
    aliases: readonly AliasRow[] | undefined;
  },
): RegisteredModel {
  const aliases = (details.aliases ?? []).map(({ alias, version }) => ({ alias, version: String(version) }));
  return {
    name: row.name,
    creation_timestamp: row.created_at,
    last_updated_timestamp: row.updated_at,
    ...(row.description === '' ? {} : { description: row.description }),
    ...(details.latest.length > 0 ? { latest_versions: [...details.latest] } : {}),
    ...(details.tags && details.tags.length > 0 ? { tags: [...details.tags] } : {}),
    ...(aliases.length > 0 ? { aliases } : {}),
  };
}
