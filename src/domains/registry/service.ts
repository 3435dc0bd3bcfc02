import { answerQuery, type GraphQuery } from './graphql/query.ts';
import { resolveRegistry } from './provenance.ts';
import { RegistryContext, type RegistryGround } from './service/context.ts';
import { modelVerbs } from './service/models.ts';
import { versionVerbs } from './service/versions.ts';

export type { ProtectionPort } from './service/context.ts';

/** Registered models, their versions with frozen files, aliases and stages. Results have the form of MLflow's API. */
export function createRegistry(ground: RegistryGround) {
  const context = new RegistryContext(ground);
  resolveRegistry(ground.database, ground.lineage);
  const versions = versionVerbs(context);
  const sources = { tracking: ground.tracking, searchVersions: versions.searchVersions };
  return {
    ...modelVerbs(context),
    ...versions,
    /** MLflow's GraphQL, which reads of tracking and of this room. */
    answerQuery: (project: string, asked: GraphQuery) => answerQuery(sources, project, asked),
  };
}

export type RegistryService = ReturnType<typeof createRegistry>;
