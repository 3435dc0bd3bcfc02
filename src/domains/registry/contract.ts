import { modelsContract } from './contract/models.ts';
import { versionsContract } from './contract/versions.ts';

/** MLflow's REST API of registered models, versions and aliases. */
export const registryContract = { ...modelsContract, ...versionsContract };
