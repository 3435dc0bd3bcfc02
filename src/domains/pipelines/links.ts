import type { Tx } from '../../database/index.ts';
import { type Urn, urn, urnIn } from '../../lib/urn.ts';
import type { LineageService } from '../lineage/service.ts';
import { sourcesOf } from './schema/check.ts';
import type { PortType } from './schema/graph.ts';
import { DatasetRef, ModelRef } from './schema/runs.ts';
import type { Run } from './store/runs.ts';
import { stepIds, type StepRun } from './store/steps.ts';
import type { PipelineVersion } from './store/versions.ts';

/** What a run is tied to from its start: pipeline, commit, lock file. */
export async function linkRun(
  tx: Tx,
  lineage: LineageService,
  run: Run,
  version: PipelineVersion,
): Promise<void> {
  const from = urn('pipeline-run', run.id);
  await lineage.link(tx, run.project, from, 'uses', urnIn(run.project, 'pipeline', run.pipeline));
  const { commit, lock } = version.code;
  if (commit) await lineage.link(tx, run.project, from, 'ran-at', urn('commit', commit));
  if (lock) await lineage.link(tx, run.project, from, 'locked-by', urn('environment-lock', lock));
  if (run.origin) await lineage.link(tx, run.project, from, 'derived-from', urn('pipeline-run', run.origin));
  if (run.reason.cause?.startsWith('rondo:'))
    await lineage.link(tx, run.project, from, 'caused-by', run.reason.cause as Urn);
}

/** What a finished step read and what it made. */
export async function linkOutcome(
  tx: Tx,
  lineage: LineageService,
  step: StepRun,
  version: PipelineVersion,
): Promise<void> {
  const self = urn('step-run', step.id);
  await lineage.link(tx, step.project, self, 'part-of', urn('pipeline-run', step.run));
  const node = version.graph.nodes.find((one) => one.id === step.node);
  const upstream = node ? sourcesOf(node) : new Set<string>();
  if (upstream.size > 0) {
    // Files and values have no name of their own; the chain goes on through the step that made them.
    for (const other of await stepIds(tx, step.run, [...upstream]))
      await lineage.link(tx, step.project, self, 'uses', urn('step-run', other));
  }
  for (const thing of thingsIn(step.project, node?.takes ?? {}, step.inputs))
    await lineage.link(
      tx,
      step.project,
      self,
      thing.startsWith('rondo:dataset-version:') ? 'read' : 'uses',
      thing,
    );
  for (const thing of thingsIn(step.project, node?.outputs ?? {}, step.outputs))
    await lineage.link(tx, step.project, thing, 'produced-by', self);
}

/** URNs of the datasets and models among the values of some ports. */
function thingsIn(
  project: string,
  ports: Record<string, PortType>,
  values: Record<string, unknown> | null,
): Urn[] {
  return Object.entries(ports).flatMap(([name, port]) => {
    const value = values?.[name];
    return (Array.isArray(value) ? value : [value]).flatMap((one) => thingOf(project, port, one));
  });
}

function thingOf(project: string, port: PortType, value: unknown): Urn[] {
  if (port.kind === 'dataset') {
    const ref = DatasetRef.safeParse(value);
    return ref.success ? [urnIn(project, 'dataset-version', ref.data.name, ref.data.version)] : [];
  }
  if (port.kind === 'model') {
    const ref = ModelRef.safeParse(value);
    if (!ref.success) return [];
    return [
      'model_id' in ref.data
        ? urn('logged-model', ref.data.model_id)
        : urnIn(project, 'model-version', ref.data.name, ref.data.version),
    ];
  }
  return [];
}
