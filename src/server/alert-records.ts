import type { AlertRecords } from '../domains/monitoring/outcome.ts';
import type { RolloutsService } from '../domains/rollouts/service.ts';
import type { ServingService } from '../domains/serving/service/endpoints.ts';
import { urn } from '../lib/urn.ts';

/** What rollouts and traffic know of an endpoint that decides whether an alert about it was a true one. */
export async function alertRecords(
  parts: { rollouts: RolloutsService; serving: ServingService },
  project: string,
  endpoint: string,
): Promise<AlertRecords> {
  const rollouts = (await parts.rollouts.list(project)).filter((each) => each.endpoint === endpoint);
  const revisions = await parts.serving.revisions(endpoint).catch(() => []);
  return {
    // A stopped test says nothing either way.
    tests: rollouts
      .filter((each) => each.state !== 'stopped')
      .map((each) => ({
        of: urn('rollout', each.id),
        version: each.candidate,
        started: each.started_event_time,
        better: each.state === 'decided' ? each.verdict === 'promote' : null,
      })),
    rolledBack: revisions
      .filter((revision) => revision.cause.kind === 'rollback' && revision.state !== 'failed')
      .map((revision) => revision.created_at),
  };
}
