import type { Reader } from '../../database/index.ts';
import { AppError } from '../../lib/errors.ts';
import { FEATURE_ERRORS } from './errors.ts';
import type { DefinitionKind } from './schema.ts';
import { type DefinitionRow, findCurrent, listDefinitionVersions } from './store/definitions.ts';
import type { ViewId } from './store/partitions.ts';

/** The current version when none is named. Throws FEATURE_UNKNOWN. */
export async function getDefinition<D>(
  reader: Reader,
  project: string,
  kind: DefinitionKind,
  name: string,
  version?: number,
): Promise<DefinitionRow<D>> {
  const row =
    version === undefined
      ? await findCurrent<D>(reader, project, kind, name)
      : (await listDefinitionVersions<D>(reader, project, kind, name)).find(
          (item) => item.version === version,
        );
  if (row) return row;
  const which = version === undefined ? '' : ` version ${version}`;
  throw new AppError(
    FEATURE_ERRORS.FEATURE_UNKNOWN,
    `There is no feature ${kind} '${name}'${which} in project '${project}'.`,
  );
}

export const viewIdOf = (row: Pick<DefinitionRow, 'project' | 'name' | 'version'>): ViewId => ({
  project: row.project,
  view: row.name,
  view_version: row.version,
});
