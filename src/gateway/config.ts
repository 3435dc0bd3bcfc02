import { resolve } from 'node:path';
import { AppError, defineErrors } from '../lib/errors.ts';

export interface GatewayConfig {
  /** Absolute; everything the gateway keeps. */
  folder: string;
  host: string;
  /** 0: any free port. */
  port: number;
  /** Folder or `s3:` address of the artifact store. */
  artifacts: string;
  loopback: boolean;
}

const CONFIG_ERRORS = defineErrors({ CONFIG_INVALID: { status: 400 } });

/**
 * Reads the settings of a gateway once; flags (`--folder`, `--host`, `--port`, `--artifacts`) win over the environment.
 * Plain checks instead of a schema library: the parent process is to stay small.
 */
export function readGatewayConfig(
  flags: readonly string[] = process.argv.slice(2),
  environment: NodeJS.ProcessEnv = process.env,
): GatewayConfig {
  const flag = (name: string) => {
    const at = flags.indexOf(`--${name}`);
    return at < 0 ? undefined : flags[at + 1];
  };
  const data = environment.RONDO_DATA ?? './rondo-data';
  const host = flag('host') ?? environment.RONDO_HOST ?? '127.0.0.1';
  const port = Number(flag('port') ?? environment.RONDO_GATEWAY_PORT ?? 7071);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new AppError(CONFIG_ERRORS.CONFIG_INVALID, 'RONDO_GATEWAY_PORT is no port number from 0 to 65535.');
  }
  const artifacts = flag('artifacts') ?? environment.RONDO_ARTIFACTS_URL ?? `${data}/artifacts`;
  return {
    folder: resolve(flag('folder') ?? `${data}/gateway`),
    host,
    port,
    artifacts: artifacts.startsWith('s3:') ? artifacts : resolve(artifacts),
    loopback: ['127.0.0.1', '::1', 'localhost'].includes(host),
  };
}
