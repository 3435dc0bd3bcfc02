import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, invalid } from '../../../lib/errors.ts';
import type { Source } from '../source.ts';
import { mlflowDatabase } from './database.ts';
import { mlflowFolder } from './folder.ts';
import { mlflowServer } from './rest.ts';
import { workspacesOfDatabase, workspacesOfServer } from './workspaces.ts';

type Environment = Record<string, string | undefined>;

export interface OpenMlflow {
  /** Those that it has; none where it does not know of any. */
  workspaces: string[];
  /** What one of them holds; the default one when none is named. */
  source(workspace?: string): Promise<Source>;
}

/** What people give as MLflow's tracking URI: an address, a folder, or the URL of a database. */
export async function openMlflow(
  text: string,
  artifactsDestination: string | undefined,
  environment: Environment,
): Promise<OpenMlflow> {
  const places = {
    base: process.cwd(),
    destination: artifactsDestination,
    s3Endpoint: environment.MLFLOW_S3_ENDPOINT_URL,
    s3Region: environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION,
  };
  if (/^https?:/i.test(text)) {
    const credentials = {
      token: environment.MLFLOW_TRACKING_TOKEN,
      username: environment.MLFLOW_TRACKING_USERNAME,
      password: environment.MLFLOW_TRACKING_PASSWORD,
    };
    return {
      workspaces: await workspacesOfServer(text, credentials),
      source: async (workspace) => mlflowServer(text, workspace, credentials),
    };
  }
  if (/^[a-z0-9]+(\+[a-z0-9]+)?:\/\//i.test(text) && !text.startsWith('file:')) {
    const file = /^sqlite:\/\/\/(.+)$/i.exec(text)?.[1];
    if (file !== undefined && !existsSync(file)) throw invalid(`There is no file ${file}.`);
    const base = file === undefined ? places.base : dirname(resolve(file));
    return {
      workspaces: await readable(() => workspacesOfDatabase(text)),
      source: (workspace) => readable(() => mlflowDatabase(text, workspace, { ...places, base })),
    };
  }
  const folder = resolve(text.startsWith('file:') ? fileURLToPath(text) : text);
  if (!existsSync(folder)) throw invalid(`There is no folder ${folder}.`);
  return { workspaces: [], source: async () => mlflowFolder(folder, { ...places, base: dirname(folder) }) };
}

async function readable<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw invalid(`The database cannot be read: ${(error as Error).message}`);
  }
}
