import type { Database } from '../../database/index.ts';
import { pageHref } from '../../lib/page-href.ts';
import { splitProject } from '../../lib/urn.ts';
import type { LineageService } from '../lineage/service.ts';
import { findSource } from './store/sources.ts';
import { findReport } from './store/validations.ts';
import { findDataset, findVersion, inputNames } from './store/versions.ts';

/** Tells lineage what datasets, versions, sources, reports and imported files are called. */
export function resolveLineage(lineage: LineageService, database: Database): void {
  const { read } = database;
  lineage.resolve('dataset', {
    async describe(parts) {
      const { project, own } = splitProject(parts, 1);
      const [name] = own;
      const row = await findDataset(read, project, name as string);
      return (
        row && {
          title: row.name,
          facts: { versions: row.latest },
          href: pageHref(project, 'datasets', row.name),
          project,
        }
      );
    },
  });
  lineage.resolve('dataset-version', {
    async describe(parts) {
      const { project, own } = splitProject(parts, 2);
      const [name, version] = own;
      const row = await findVersion(read, project, name as string, { version: Number(version) });
      return (
        row && {
          title: `${row.dataset} v${row.version}`,
          facts: { rows: row.rows, bytes: row.bytes, digest: row.digest },
          href: pageHref(project, 'datasets', row.dataset, row.version),
          project,
        }
      );
    },
    expects: ['derived-from'],
  });
  lineage.resolve('source', {
    async describe(parts) {
      const { project, own } = splitProject(parts, 1);
      const [name] = own;
      const row = await findSource(read, project, name as string);
      return (
        row && {
          title: row.name,
          facts: { kind: row.spec.kind, pattern: row.spec.pattern },
          href: null,
          project,
        }
      );
    },
  });
  lineage.resolve('validation', {
    async describe([id]) {
      const report = await findReport(read, id as string);
      if (!report) return undefined;
      const { dataset, version, passed, failed, warned } = report;
      return {
        title: `Checks of ${dataset} v${version}`,
        facts: { passed, failed, warned },
        href: null,
        project: report.project,
      };
    },
  });
  lineage.resolve('blob', {
    async describe([digest]) {
      const { names, projects } = await inputNames(read, digest as string);
      if (names.length === 0) return undefined;
      const [project = null, ...others] = projects;
      // What several projects imported belongs to none of them, so it does not tell what they call it.
      const facts = { digest: digest as string };
      return others.length === 0
        ? { title: names.join(', '), facts, href: null, project }
        : { title: `file ${digest?.slice(0, 12)}`, facts, href: null, project: null };
    },
  });
}
