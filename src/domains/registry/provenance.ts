import type { Database } from '../../database/index.ts';
import { splitProject } from '../../lib/urn.ts';
import type { LineageService } from '../lineage/service.ts';
import { findEvaluation } from './store/evaluations.ts';
import { findModel } from './store/models.ts';
import { findVersion } from './store/versions.ts';

/** Tells lineage what models, their versions and evaluations are. */
export function resolveRegistry({ read }: Database, lineage: LineageService): void {
  const page = (project: string, model: string) =>
    `/p/${encodeURIComponent(project)}/models/${encodeURIComponent(model)}`;

  lineage.resolve('model', {
    async describe(parts) {
      const { project, own } = splitProject(parts, 1);
      const row = await findModel(read, project, own[0] ?? '');
      return row && { title: row.name, facts: {}, href: page(project, row.name), project };
    },
  });
  lineage.resolve('model-version', {
    async describe(parts) {
      const { project, own } = splitProject(parts, 2);
      const [name = '', version = ''] = own;
      const model = await findModel(read, project, name);
      const row = model && /^\d+$/.test(version) && (await findVersion(read, model.id, Number(version)));
      if (!row) return undefined;
      const facts = { stage: row.stage, digest: row.manifest, created: row.created_at };
      return {
        title: `${model.name} version ${version}`,
        facts,
        href: `${page(project, model.name)}/${version}`,
        project,
      };
    },
    expects: ['produced-by'],
  });
  lineage.resolve('evaluation', {
    async describe([id = '']) {
      const row = await findEvaluation(read, Number(id) || 0);
      if (!row) return undefined;
      const { model, version, dataset, dataset_version, loss, n } = row;
      const gain = row.pairs.baseline?.gain.value ?? null;
      return {
        title: `${model} v${version} on ${dataset} v${dataset_version}`,
        facts: { loss, n, gain },
        href: `${page(row.project, model)}/${version}`,
        project: row.project,
      };
    },
    expects: ['uses', 'evaluated-on'],
  });
}
