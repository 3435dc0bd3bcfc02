import type { EventItem } from '../../events/contract.ts';

type Data = Record<string, unknown>;

const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

/** Facts that come by the hundred and say little on their own stay out of the list. */
const QUIET = new Set([
  'predictions.settled',
  'step.run.ended',
  'step.run.started',
  'traffic.applied',
  'rollout.looked',
  'feature.view.materialised',
  'run.started',
  'run.ended',
  'logged-model.finalized',
  'experiment.created',
  'model.created',
  'prompt.created',
  'tracking.imported',
  'registry.imported',
]);

export function isNews(event: Pick<EventItem, 'type' | 'data'>): boolean {
  if (QUIET.has(event.type) || event.type.startsWith('step.') || event.type.includes('.tag.')) return false;
  return event.type !== 'window.closed' || (event.data as Data | null)?.state === 'breach';
}

const SENTENCES: Readonly<Record<string, (data: Data) => string>> = {
  'project.created': () => 'The charter was written.',
  'project.changed': () => 'The charter was saved.',
  'dataset.version.created': (data) =>
    `${text(data.dataset ?? data.name)} v${text(data.version)} was imported.`,
  'model.version.created': (data) =>
    `${text(data.model ?? data.name)} v${text(data.version)} was registered.`,
  'model.alias.set': (data) =>
    `Alias ${text(data.alias)} of ${text(data.name)} points to v${text(data.version)}.`,
  'model.alias.removed': (data) => `Alias ${text(data.alias)} of ${text(data.name)} was removed.`,
  'prompt.alias.set': (data) =>
    `Alias ${text(data.alias)} of prompt ${text(data.name)} points to v${text(data.version)}.`,
  'prompt.alias.removed': (data) => `Alias ${text(data.alias)} of prompt ${text(data.name)} was removed.`,
  'model.version.staged': (data) =>
    `${text(data.name)} v${text(data.version)} is in stage ${text(data.to ?? data.stage)}.`,
  'model.version.deleted': (data) => `${text(data.name)} v${text(data.version)} was deleted.`,
  'prompt.version.deleted': (data) => `Prompt ${text(data.name)} v${text(data.version)} was deleted.`,
  'model.deleted': (data) => `Model ${text(data.name)} was deleted.`,
  'prompt.deleted': (data) => `Prompt ${text(data.name)} was deleted.`,
  'model.renamed': (data) => `Model ${text(data.from)} is called ${text(data.to)} now.`,
  'runs.purged': (data) => `${Number(data.runs).toLocaleString('en-US')} runs were deleted for good.`,
  'prompt.version.created': (data) => `Prompt ${text(data.name)} v${text(data.version)} was registered.`,
  'evaluation.finished': (data) =>
    `${text(data.model)} v${text(data.version)} was evaluated on ${Number(data.n).toLocaleString('en-US')} rows.`,
  'pipeline.run.started': (data) => `${text(data.pipeline)} #${text(data.number)} started.`,
  'pipeline.run.ended': (data) => `${text(data.pipeline)} #${text(data.number)} ended: ${text(data.state)}.`,
  'rule.fired': (data) => `A rule fired after ${text(data.event_type).replaceAll('.', ' ')}.`,
  'dataset.checked': (data) => {
    const failed = Number(data.failed ?? 0);
    return `${text(data.dataset ?? data.name)} v${text(data.version)}: ${failed === 0 ? 'all checks passed' : `${failed} checks failed`}.`;
  },
  'ci.reported': (data) =>
    `Commit ${text(data.commit).slice(0, 12)}: ${text(data.suite)} ${text(data.passed)} passed, ${text(data.failed)} failed.`,
  'maturity.changed': (data) =>
    data.before === null || data.before === data.level
      ? `Maturity is level ${text(data.level)}.`
      : `Maturity went from level ${text(data.before)} to ${text(data.level)}.`,
  'maturity.attested': (data) => `${text(data.by)} attested ${text(data.criterion).replaceAll('-', ' ')}.`,
  'firing.ended': (data) =>
    `What rule ${text(data.rule)} began has ended: ${text(data.state).replaceAll('_', ' ')}.`,
  'endpoint.created': (data) => `An endpoint was made in ${text(data.environment)}.`,
  'promotion.requested': (data) =>
    `${text(data.by)} asked for ${text(data.model)} v${text(data.version)} in ${text(data.environment)}.`,
  'promotion.done': (data) => text(data.sentence),
  'promotion.refused': (data) => text(data.sentence),
  'rollout.started': (data) =>
    `v${text(data.candidate)} began to shadow v${text(data.champion)} at ${text(data.endpoint)}.`,
  'rollout.decided': (data) => text(data.sentence),
  'alert.opened': (data) => `Alert: ${text(data.sentence)}`,
  'alert.resolved': (data) => `The alert of ${text(data.monitor)} was resolved.`,
  'window.closed': (data) => `${text(data.monitor)} breached its limit.`,
  'traffic.changed': (data) => {
    const arms = (data.arms as { version: number; weight: number; shadow: boolean }[] | undefined) ?? [];
    const parts = arms.map(
      (arm) =>
        `v${arm.version} ${arm.shadow && arm.weight === 0 ? 'shadows' : `answers ${Math.round(arm.weight * 1000) / 10}%`}`,
    );
    return `${text(data.endpoint)}: ${parts.join(', ')}.`;
  },
};

/** A fact as one sentence; a type nobody wrote one for is told by its name and subject. */
export function eventSentence(event: Pick<EventItem, 'type' | 'data' | 'subject'>): string {
  const made = SENTENCES[event.type]?.((event.data ?? {}) as Data);
  if (made) return made;
  const [, kind = '', name = ''] = event.subject.split(':');
  const verb = event.type.split('.').at(-1)?.replaceAll('_', ' ') ?? '';
  return `${kind.replaceAll('-', ' ')} ${decodeURIComponent(name).replace(/\b([0-9a-f]{8})[0-9a-f]{24,}\b/g, '$1')}: ${verb}.`;
}
