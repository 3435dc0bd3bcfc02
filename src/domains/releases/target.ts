import type { Environment } from '../projects/schema.ts';
import type { Change } from '../serving/schema/control.ts';

/** The endpoint at which a model answers in an environment. */
export const endpointName = (environment: Environment, model: string): string =>
  environment.endpoint.replaceAll('{model}', model).replaceAll('{environment}', environment.name);

/** The change that makes a version answer everything in an environment; `like` keeps what a request said besides. */
export function deployTo(
  environment: Environment,
  model: string,
  version: number,
  like?: Change,
): Extract<Change, { kind: 'deploy' }> {
  const unit = like?.kind === 'deploy' ? like.deploy.unit : undefined;
  return {
    kind: 'deploy',
    endpoint: endpointName(environment, model),
    deploy: {
      environment: environment.name,
      model,
      version,
      traffic: 1,
      shadow: false,
      note: '',
      ...(unit === undefined ? {} : { unit }),
    },
  };
}
