import { DEFAULT_PROJECT } from '../domains/projects/schema.ts';
import { pageOf } from '../ui/place.ts';

const TABS: Readonly<Record<string, string>> = {
  'model-metrics': 'metrics',
  'system-metrics': 'system',
  artifacts: 'artifacts',
  traces: 'traces',
};

/** The page of an address of MLflow's pages, as its clients print them and people keep them: `/#/experiments/3/runs/…`. */
export function pageOfMlflow(hash: string): string | undefined {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  const asked = new URLSearchParams(query);
  const project = asked.get('workspace') || DEFAULT_PROJECT;
  const [kind, id, part, other, ...rest] = path.split('/').filter(Boolean).map(decoded);
  const page = (...parts: [string, ...string[]]) => pageOf(project, ...parts);
  if (kind === 'experiments') {
    if (part === 'runs' && other) {
      const tab = TABS[rest[0] ?? ''];
      return page('runs', other) + (tab ? `?tab=${tab}` : '');
    }
    const trace = asked.get('selectedEvaluationId');
    if (part === 'traces') return trace ? page('traces', trace) : page('traces');
    return page('experiments') + (id ? `?experiment=${encodeURIComponent(id)}` : '');
  }
  if (kind === 'models') {
    if (!id) return page('models');
    return part === 'versions' && other ? page('models', id, other) : page('models', id);
  }
  if (kind === 'prompts') return id ? page('prompts', id) : page('prompts');
  return undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
