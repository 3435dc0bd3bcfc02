import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The Parquet file of 3,000,000 flights in the npm package vega-datasets, whose exports name its entry point only. */
export function flightsFile(): string {
  return join(
    createRequire(import.meta.url).resolve('vega-datasets'),
    '..',
    '..',
    'data',
    'flights-3m.parquet',
  );
}
