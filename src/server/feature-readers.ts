import type { ServingService } from '../domains/serving/service/endpoints.ts';

/** The newest event time of the endpoints whose live deployments read the view; null when none does, or none has answered yet. */
export async function readUntil(
  serving: ServingService,
  project: string,
  view: string,
): Promise<number | null> {
  let newest: number | null = null;
  for (const { name, arms, event_time } of await serving.list(project)) {
    if (event_time === null || (newest !== null && event_time <= newest)) continue;
    for (const arm of arms) {
      const deployment = await serving.deploymentOf(name, arm.deployment);
      if (deployment?.route.feature_service?.joins.some((join) => join.view === view)) newest = event_time;
    }
  }
  return newest;
}
