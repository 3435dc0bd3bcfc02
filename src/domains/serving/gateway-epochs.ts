import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../database/index.ts';
import { gatewayPlace } from './gateway/place.ts';
import { claimGateway } from './store/gateways.ts';

/** Workers that one gateway folder can start before its epochs reach those of the next folder. */
const EPOCHS = 1_000_000;

/**
 * A prediction id holds the epoch of the worker that answered. Replicas have a gateway each, so each folder counts its epochs from a number
 * of its own. Done once per folder; returns the number of its gateway.
 */
export async function claimEpochs(database: Database, folder: string): Promise<number> {
  const place = gatewayPlace(folder);
  const claimed = join(folder, 'number');
  if (existsSync(claimed)) return Number(readFileSync(claimed, 'utf8'));
  const number = await database.write((tx) => claimGateway(tx));
  const last = existsSync(place.epoch) ? Number(readFileSync(place.epoch, 'utf8')) || 0 : 0;
  writeFileSync(place.epoch, String(Math.max(last, (number - 1) * EPOCHS)), { mode: 0o600 });
  writeFileSync(claimed, String(number), { mode: 0o600 });
  return number;
}

/** The gateway whose workers count such epochs. */
export const gatewayOfEpoch = (epoch: number): number => Math.floor((epoch - 1) / EPOCHS) + 1;
