import type { Database } from '../../database/index.ts';
import { pageHref } from '../../lib/page-href.ts';
import { splitProject } from '../../lib/urn.ts';
import type { LineageService } from '../lineage/service.ts';
import { findRunById } from './store/runs.ts';
import { findStep } from './store/steps.ts';
import { findVersion } from './store/versions.ts';

/** Says what pipelines, their runs and step runs are, wherever lineage shows them. */
export function describeToLineage(lineage: LineageService, database: Database): void {
  const { read } = database;

  lineage.resolve('pipeline', {
    async describe(parts) {
      const { project, own } = splitProject(parts, 1);
      const found = await findVersion(read, project, own[0] ?? '');
      if (!found) return undefined;
      const facts = { version: found.version, steps: found.graph.nodes.length, commit: found.code.commit };
      const href = pageHref(project, 'pipelines', found.pipeline);
      return { title: found.pipeline, facts, href, project };
    },
  });
  lineage.resolve('pipeline-run', {
    async describe([id = '']) {
      const run = await findRunById(read, id);
      if (!run) return undefined;
      const facts = {
        state: run.state,
        version: run.version,
        started_by: run.reason.by,
        why: run.reason.text,
      };
      return {
        title: `${run.pipeline} #${run.number}`,
        facts,
        href: pageHref(run.project, 'pipelines', run.pipeline, 'runs', run.id),
        project: run.project,
      };
    },
    expects: ['uses'],
  });
  lineage.resolve('step-run', {
    async describe([id = '']) {
      const step = await findStep(read, id);
      if (!step) return undefined;
      const facts = { state: step.state, attempts: step.attempt, why: step.why };
      const href = `${pageHref(step.project, 'pipelines', step.pipeline, 'runs', step.run)}?step=${encodeURIComponent(step.node)}`;
      return { title: `${step.pipeline} / ${step.node}`, facts, href, project: step.project };
    },
    expects: ['part-of'],
  });
  lineage.resolve('environment-lock', {
    describe: async ([digest = '']) => ({
      title: `lock file ${digest.slice(0, 8)}`,
      facts: { digest },
      href: null,
      project: null,
    }),
  });
}
