import type { OnlineStore } from '../domains/features/online.ts';
import { adoptOrSpawn, type GatewayControl, type GatewayOptions } from '../domains/serving/gateway-client.ts';
import type { GatewayPort } from '../domains/serving/service/endpoints.ts';
import type { SegmentSource } from '../domains/serving/service/log.ts';
import { AppError } from '../lib/errors.ts';

/** The gateway of this machine: adopted or started in the background, and started again when it died. */
export interface GatewayHolder extends GatewayPort, SegmentSource, OnlineStore {
  url(): string;
  ready(): Promise<GatewayControl>;
  stop(): Promise<void>;
  /** It goes on without this server. */
  leave(): void;
}

/** `prepare` runs before the folder is used; `onStarted` runs after each adoption or start: it pushes what the gateway must serve. */
export function holdGateway(
  folder: string,
  options: GatewayOptions,
  prepare: () => Promise<void>,
  onStarted: () => void,
): GatewayHolder {
  let current: Promise<GatewayControl> | undefined;
  let address = `http://${options.host}:${options.port}`;
  let stopped = false;

  function ready(): Promise<GatewayControl> {
    current ??= prepare()
      .then(() => adoptOrSpawn(folder, options))
      .then((control) => {
        address = control.url();
        setImmediate(onStarted);
        return control;
      });
    current.catch(() => {
      current = undefined;
    });
    return current;
  }

  /** One further try with a gateway started anew when the old one cannot be reached. */
  async function use<T>(work: (control: GatewayControl) => Promise<T>): Promise<T> {
    const control = await ready();
    try {
      return await work(control);
    } catch (error) {
      if (stopped || !(error instanceof AppError) || error.code !== 'GATEWAY_DOWN') throw error;
      current = undefined;
      return work(await ready());
    }
  }

  return {
    ready,
    url: () => address,
    putRoutes: (table) => use((control) => control.putRoutes(table)),
    seal: () => use((control) => control.seal()),
    sealed: () => use((control) => control.sealed()),
    acknowledge: (digest) => use((control) => control.acknowledge(digest)),
    held: (view) => use((control) => control.held(view)),
    push: (batch) => use((control) => control.push(batch)),
    leave() {
      stopped = true;
    },
    async stop() {
      stopped = true;
      const control = await current?.catch(() => undefined);
      await control?.stop();
    },
  };
}
