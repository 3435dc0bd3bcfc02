import { AppError } from '../../lib/errors.ts';
import type { Environment } from '../projects/schema.ts';
import type { ServingService } from '../serving/service/endpoints.ts';
import { championOf } from '../serving/traffic.ts';
import { endpointName } from './target.ts';

/** The version that answers at an endpoint now; undefined when none does. */
export async function championIn(
  serving: ServingService,
  endpoint: string,
): Promise<{ model: string; version: number } | undefined> {
  const found = await serving.get(endpoint).catch((error: unknown) => {
    if (error instanceof AppError && error.status === 404) return undefined;
    throw error;
  });
  return found && championOf(found.arms);
}

/** Whether a version was ever deployed where its model answers in an environment. */
export async function hasAnswered(
  serving: ServingService,
  environment: Environment,
  model: string,
  version: number,
): Promise<boolean> {
  const endpoint = endpointName(environment, model);
  const deployments = await serving.deployments(endpoint).catch(() => []);
  return deployments.some((deployment) => deployment.model === model && deployment.version === version);
}
