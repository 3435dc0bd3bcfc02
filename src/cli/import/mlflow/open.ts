import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, invalid } from '../../../lib/errors.ts';
import type { Source } from '../source.ts';
import { mlflowDatabase } from './database.ts';
import { mlflowFolder } from './folder.ts';
import { mlflowServer } from './rest.ts';

interface Given {
  workspace?: string;
  artifactsDestination?: string;
}
type Environment = Record<string, string | undefined>;

/** What people give as MLflow's tracking URI: an address, a folder, or the URL of a database. */
export async function mlflowSource(text: string, given: Given, environment: Environment): Promise<Source> {
  const places = {
    base: process.cwd(),
    destination: given.artifactsDestination,
    s3Endpoint: environment.MLFLOW_S3_ENDPOINT_URL,
  };
  if (/^https?:/i.test(text))
    return mlflowServer(text, given.workspace, {
      token: environment.MLFLOW_TRACKING_TOKEN,
      username: environment.MLFLOW_TRACKING_USERNAME,
      password: environment.MLFLOW_TRACKING_PASSWORD,
    });
  if (/^[a-z0-9]+(\+[a-z0-9]+)?:\/\//i.test(text) && !text.startsWith('file:')) {
    const file = /^sqlite:\/\/\/(.+)$/i.exec(text)?.[1];
    if (file !== undefined && !existsSync(file)) throw invalid(`There is no file ${file}.`);
    const base = file === undefined ? places.base : dirname(resolve(file));
    try {
      return await mlflowDatabase(text, given.workspace ?? 'default', { ...places, base });
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw invalid(`The database cannot be read: ${(error as Error).message}`);
    }
  }
  const folder = resolve(text.startsWith('file:') ? fileURLToPath(text) : text);
  if (!existsSync(folder)) throw invalid(`There is no folder ${folder}.`);
  return mlflowFolder(folder, { ...places, base: dirname(folder) });
}
