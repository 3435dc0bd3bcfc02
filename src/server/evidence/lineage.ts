import type { Evidence } from '../../domains/maturity/evidence.ts';
import { championOf } from '../../domains/serving/traffic.ts';
import { type Urn, urn } from '../../lib/urn.ts';
import { type EvidenceParts, tallyOf } from './parts.ts';

/** Larger than any chain seen; a walk that is cut off proves nothing. */
const LIMIT = 1000;
const DEPTH = 40;

/** Walks from what is live in protected environments to the digests of the files its data came from. */
export function lineageFinding({ serving, lineage }: EvidenceParts): Evidence['lineageComplete'] {
  return async (project) => {
    const live = (await serving.list(project)).flatMap((endpoint): Urn[] => {
      const champion = championOf(endpoint.arms);
      return endpoint.protected && champion ? [urn('deployment', endpoint.name, champion.deployment)] : [];
    });
    const whole = new Set<Urn>();
    for (const deployment of live) {
      const graph = await lineage.walk(deployment, { direction: 'up', depth: DEPTH, limit: LIMIT });
      const hasSource = graph.nodes.some((node) => node.urn.startsWith('rondo:blob:') && node.title !== null);
      if (hasSource && graph.gaps.length === 0 && !graph.truncated) whole.add(deployment);
    }
    return tallyOf(
      live,
      (deployment) => whole.has(deployment),
      (deployment) => deployment,
    );
  };
}
