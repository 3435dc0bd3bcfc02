import { resolve } from 'node:path';
import { z } from 'zod';
import { AppError, defineErrors } from '../lib/errors.ts';
import { type AllowList, parseAllowList } from '../lib/outbound/addresses.ts';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65535).default(fallback);
const optional = z.string().min(1).optional();

/** Each setting: its variable, what it means. Flags of the same names win. */
const Settings = z.object({
  RONDO_HOST: z.string().default('127.0.0.1'),
  RONDO_PORT: port(7070),
  RONDO_GATEWAY_PORT: port(7071),
  RONDO_DATA: z.string().default('./rondo-data'),
  RONDO_DATABASE_URL: optional,
  RONDO_ARTIFACTS_URL: optional,
  RONDO_DEFAULT_ARTIFACT_ROOT: optional,
  /** `false`: callers without a token do nothing on loopback either, for machines that are shared. */
  RONDO_OPEN_LOOPBACK: z.enum(['true', 'false']).default('true'),
  /** Hosts and networks that webhooks may call although they are not public, by commas. */
  RONDO_WEBHOOK_ALLOW: z
    .string()
    .default('')
    .transform((text, context): AllowList => {
      try {
        return parseAllowList(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: (error as Error).message });
        return z.NEVER;
      }
    }),
  RONDO_TOKEN: z.string().min(16, 'a token has at least 16 characters').optional(),
});

export interface Config {
  host: string;
  port: number;
  gatewayPort: number;
  /** Absolute. */
  data: string;
  databaseUrl: string | undefined;
  artifactsUrl: string | undefined;
  defaultArtifactRoot: string | undefined;
  token: string | undefined;
  /** Bound to this machine only. */
  loopback: boolean;
  /** On loopback, reading and tracking need no token. */
  openLoopback: boolean;
  /** Where webhooks may go although it is not public. */
  webhookAllow: AllowList;
  /** What programs that Rondo starts inherit. */
  environment: NodeJS.ProcessEnv;
}

const CONFIG_ERRORS = defineErrors({
  CONFIG_INVALID: {
    status: 400,
    hint: 'Correct the setting or leave it out; docs/guides/settings.md lists all.',
  },
});

/** The environment as it is, for child processes and the terminal. */
export const environment = (): NodeJS.ProcessEnv => process.env;

/** Reads the settings once; every fault is in the one error. `flags` (`port`, `data`, …) win over the environment. */
export function readConfig(
  flags: Record<string, string | undefined> = {},
  environment: NodeJS.ProcessEnv = process.env,
): Config {
  const merged: Record<string, string | undefined> = {};
  for (const name of Object.keys(Settings.shape)) {
    const flag = name
      .slice('RONDO_'.length)
      .toLowerCase()
      .replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    const value = flags[flag] ?? environment[name];
    if (value !== undefined && value !== '') merged[name] = value;
  }
  const parsed = Settings.safeParse(merged);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new AppError(CONFIG_ERRORS.CONFIG_INVALID, `The settings are not usable: ${faults.join('; ')}.`);
  }
  const values = parsed.data;
  return {
    host: values.RONDO_HOST,
    port: values.RONDO_PORT,
    gatewayPort: values.RONDO_GATEWAY_PORT,
    data: resolve(values.RONDO_DATA),
    databaseUrl: values.RONDO_DATABASE_URL,
    artifactsUrl: values.RONDO_ARTIFACTS_URL,
    defaultArtifactRoot: values.RONDO_DEFAULT_ARTIFACT_ROOT,
    token: values.RONDO_TOKEN,
    loopback: ['127.0.0.1', '::1', 'localhost'].includes(values.RONDO_HOST),
    webhookAllow: values.RONDO_WEBHOOK_ALLOW,
    openLoopback: values.RONDO_OPEN_LOOPBACK === 'true',
    environment: process.env,
  };
}
