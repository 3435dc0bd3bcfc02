import type { Reader } from '../../../database/index.ts';
import type { ModelVersion } from '../schema.ts';
import { modelDetails, type VersionRow } from '../store/models.ts';
import { versionTags } from '../store/versions.ts';
import { toVersion } from '../wire.ts';

/** Whole versions of the rows, in their order, with tags and aliases. */
export async function assembleVersions(
  reader: Reader,
  rows: readonly (VersionRow & { name: string })[],
): Promise<ModelVersion[]> {
  if (rows.length === 0) return [];
  const tags = await versionTags(reader, rows);
  const { aliases } = await modelDetails(reader, [...new Set(rows.map((row) => row.model))]);
  return rows.map((row) =>
    toVersion(row.name, row, {
      tags: tags.get(`${row.model}/${row.version}`),
      aliases: (aliases.get(row.model) ?? [])
        .filter((alias) => alias.version === row.version)
        .map((alias) => alias.alias),
    }),
  );
}
