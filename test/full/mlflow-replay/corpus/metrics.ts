import type { Scenario, Step } from '../step.ts';

const run = '{{run}}';
/** Of requests that only MLflow takes, so that what it makes of them is not seen elsewhere. */
const odd = '{{odd}}';
const log = 'POST runs/log-metric';
const batch = 'POST runs/log-batch';
const many = (n: number) => Array.from({ length: n }, (_, i) => i);

export const metrics: Scenario = {
  name: 'metrics',
  steps: [
    ['experiment', 'POST experiments/create', { name: 'metrics' }, { save: { exp: 'experiment_id' } }],
    [
      'run',
      'POST runs/create',
      { experiment_id: '{{exp}}', run_name: 'm', start_time: 1 },
      { save: { run: 'run.info.run_id' } },
    ],
    [
      'other run',
      'POST runs/create',
      { experiment_id: '{{exp}}', run_name: 'm2', start_time: 1 },
      { save: { run2: 'run.info.run_id' } },
    ],
    [
      'odd run',
      'POST runs/create',
      { experiment_id: '{{exp}}', run_name: 'm3', start_time: 1 },
      { save: { odd: 'run.info.run_id' } },
    ],
    ['log', log, { run_id: run, key: 'loss', value: 1.5, timestamp: 10, step: 0 }],
    ['log again', log, { run_id: run, key: 'loss', value: 1.5, timestamp: 10, step: 0 }],
    ['log step', log, { run_id: run, key: 'loss', value: 1.25, timestamp: 20, step: 1 }],
    ['log without step', log, { run_id: run, key: 'stepless', value: 1, timestamp: 20 }],
    ['log integer', log, { run_id: run, key: 'int', value: 3, timestamp: 1 }],
    ['log text value', log, { run_id: run, key: 'text', value: '2.5', timestamp: 1 }],
    ['log text numbers', log, { run_id: run, key: 'text', value: 1, timestamp: '2', step: '3' }],
    ['log NaN', log, { run_id: run, key: 'nan', value: 'NaN', timestamp: 1 }],
    ['log inf', log, { run_id: run, key: 'inf', value: 'Infinity', timestamp: 1 }],
    ['log -inf', log, { run_id: run, key: 'ninf', value: '-Infinity', timestamp: 1 }],
    ['log bare NaN', log, `{"run_id":"${odd}","key":"nan2","value":NaN,"timestamp":1}`],
    ['log bare Infinity', log, `{"run_id":"${odd}","key":"inf2","value":Infinity,"timestamp":1}`],
    ['log word', log, { run_id: run, key: 'w', value: 'high', timestamp: 1 }],
    ['log bool', log, { run_id: odd, key: 'w', value: true, timestamp: 1 }],
    ['log null value', log, { run_id: run, key: 'w', value: null, timestamp: 1 }],
    ['log no value', log, { run_id: run, key: 'w', timestamp: 1 }],
    ['log no time', log, { run_id: run, key: 'w', value: 1 }],
    ['log no key', log, { run_id: run, value: 1, timestamp: 1 }],
    ['log no run', log, { key: 'w', value: 1, timestamp: 1 }],
    ['log missing run', log, { run_id: '0'.repeat(32), key: 'w', value: 1, timestamp: 1 }],
    ['log negative time', log, { run_id: run, key: 'w', value: 1, timestamp: -1 }],
    ['log negative step', log, { run_id: run, key: 'neg', value: 1, timestamp: 1, step: -3 }],
    ['log fraction step', log, { run_id: odd, key: 'w', value: 1, timestamp: 1, step: 1.5 }],
    ['log fraction time', log, { run_id: odd, key: 'w', value: 1, timestamp: 1.5 }],
    ['log long key', log, { run_id: run, key: 'k'.repeat(251), value: 1, timestamp: 1 }],
    ['log bad key', log, { run_id: run, key: 'a?', value: 1, timestamp: 1 }],
    ['log path key', log, { run_id: run, key: '../a', value: 1, timestamp: 1 }],
    ['log by uuid', log, { run_uuid: run, key: 'uuid', value: 1, timestamp: 1 }],
    [
      'log dataset',
      log,
      { run_id: run, key: 'onset', value: 1, timestamp: 1, dataset_name: 'd', dataset_digest: '1' },
    ],
    ['log huge', log, { run_id: run, key: 'huge', value: 1e308, timestamp: 1 }],
    ['log over range', log, `{"run_id":"${odd}","key":"over","value":1e400,"timestamp":1}`],
    ['latest by step', log, { run_id: run, key: 'latest', value: 1, timestamp: 5, step: 5 }],
    ['latest older step', log, { run_id: run, key: 'latest', value: 9, timestamp: 9, step: 4 }],
    ['latest same step', log, { run_id: run, key: 'latest', value: 2, timestamp: 5, step: 5 }],
    ['get', 'GET runs/get', { run_id: run }],
    [
      'batch',
      batch,
      {
        run_id: run,
        metrics: many(10).map((i) => ({ key: 'curve', value: i * i, timestamp: 100 + i, step: i })),
        params: [{ key: 'p', value: '1' }],
        tags: [{ key: 't', value: '1' }],
      },
    ],
    ['batch again', batch, { run_id: run, params: [{ key: 'p', value: '1' }] }],
    ['batch changed param', batch, { run_id: run, params: [{ key: 'p', value: '2' }] }],
    [
      'batch two changed params',
      batch,
      {
        run_id: run,
        params: [
          { key: 'p', value: '2' },
          { key: 'q', value: '1' },
        ],
        tags: [{ key: 'u', value: '1' }],
      },
    ],
    [
      'batch same param twice',
      batch,
      {
        run_id: run,
        params: [
          { key: 'z', value: '2' },
          { key: 'z', value: '1' },
        ],
      },
    ],
    [
      'batch equal param twice',
      batch,
      {
        run_id: run,
        params: [
          { key: 'z', value: '2' },
          { key: 'z', value: '2' },
        ],
      },
    ],
    ['batch empty', batch, { run_id: run }],
    ['batch empty lists', batch, { run_id: run, metrics: [], params: [], tags: [] }],
    ['batch no run', batch, { metrics: [] }],
    ['batch missing run', batch, { run_id: '0'.repeat(32) }],
    ['batch null metrics', batch, { run_id: run, metrics: null }],
    ['batch object metrics', batch, { run_id: run, metrics: { key: 'a' } }],
    ['batch metric no key', batch, { run_id: run, metrics: [{ value: 1, timestamp: 1, step: 0 }] }],
    ['batch metric no value', batch, { run_id: run, metrics: [{ key: 'a', timestamp: 1, step: 0 }] }],
    ['batch metric no time', batch, { run_id: run, metrics: [{ key: 'a', value: 1, step: 0 }] }],
    ['batch metric no step', batch, { run_id: run, metrics: [{ key: 'nostep', value: 1, timestamp: 1 }] }],
    [
      'batch metric bad value',
      batch,
      { run_id: odd, metrics: [{ key: 'a', value: 'x', timestamp: 1, step: 0 }] },
    ],
    [
      'batch metric bad key',
      batch,
      {
        run_id: run,
        metrics: [
          { key: 'ok', value: 1, timestamp: 1, step: 0 },
          { key: 'a?', value: 1, timestamp: 1, step: 0 },
        ],
      },
    ],
    [
      'batch metric long key',
      batch,
      { run_id: run, metrics: [{ key: 'k'.repeat(251), value: 1, timestamp: 1, step: 0 }] },
    ],
    ['batch param no key', batch, { run_id: run, params: [{ value: '1' }] }],
    ['batch param number', batch, { run_id: odd, params: [{ key: 'n', value: 1 }] }],
    ['batch param long', batch, { run_id: run, params: [{ key: 'long', value: 'v'.repeat(6001) }] }],
    ['batch tag no key', batch, { run_id: run, tags: [{ value: '1' }] }],
    ['batch tag long', batch, { run_id: run, tags: [{ key: 'n', value: 'v'.repeat(8001) }] }],
    ['batch tag bad key', batch, { run_id: run, tags: [{ key: 'a?', value: 'v' }] }],
    [
      'batch too many metrics',
      batch,
      { run_id: run, metrics: many(1001).map((i) => ({ key: `m${i}`, value: 1, timestamp: 1, step: 0 })) },
    ],
    [
      'batch too many params',
      batch,
      { run_id: run, params: many(101).map((i) => ({ key: `m${i}`, value: '1' })) },
    ],
    [
      'batch too many tags',
      batch,
      { run_id: run, tags: many(101).map((i) => ({ key: `m${i}`, value: '1' })) },
    ],
    [
      'batch too many items',
      batch,
      {
        run_id: run,
        metrics: many(950).map((i) => ({ key: `m${i}`, value: 1, timestamp: 1, step: 0 })),
        params: many(51).map((i) => ({ key: `m${i}`, value: '1' })),
      },
    ],
    [
      'batch too large',
      batch,
      {
        run_id: run,
        tags: many(100).map((i) => ({ key: `m${i}`, value: 'v'.repeat(8000) })),
        params: many(100).map((i) => ({ key: `m${i}`, value: 'v'.repeat(6000) })),
      },
    ],
    ['get after', 'GET runs/get', { run_id: run }],
    [
      'batch other',
      batch,
      {
        run_id: '{{run2}}',
        metrics: many(5).map((i) => ({ key: 'curve', value: -i, timestamp: 200 + i, step: i * 2 })),
      },
    ],
    ['history', 'GET metrics/get-history', { run_id: run, metric_key: 'loss' }],
    ['history curve', 'GET metrics/get-history', { run_id: run, metric_key: 'curve' }],
    [
      'history page 1',
      'GET metrics/get-history',
      { run_id: run, metric_key: 'curve', max_results: 4 },
      { save: { token: 'next_page_token' } },
    ],
    [
      'history page 2',
      'GET metrics/get-history',
      { run_id: run, metric_key: 'curve', max_results: 4, page_token: '{{token}}' },
      { save: { token2: 'next_page_token' } },
    ],
    [
      'history page 3',
      'GET metrics/get-history',
      { run_id: run, metric_key: 'curve', max_results: 4, page_token: '{{token2}}' },
    ],
    ['history exact page', 'GET metrics/get-history', { run_id: run, metric_key: 'curve', max_results: 10 }],
    ['history 0', 'GET metrics/get-history', { run_id: run, metric_key: 'curve', max_results: 0 }],
    ['history -1', 'GET metrics/get-history', { run_id: run, metric_key: 'curve', max_results: -1 }],
    ['history many', 'GET metrics/get-history', { run_id: run, metric_key: 'curve', max_results: 25_001 }],
    ['history word', 'GET metrics/get-history', { run_id: run, metric_key: 'curve', max_results: 'x' }],
    [
      'history bad token',
      'GET metrics/get-history',
      { run_id: run, metric_key: 'curve', max_results: 4, page_token: 'x' },
    ],
    ['history no key', 'GET metrics/get-history', { run_id: run }],
    ['history no run', 'GET metrics/get-history', { metric_key: 'loss' }],
    ['history missing run', 'GET metrics/get-history', { run_id: '0'.repeat(32), metric_key: 'loss' }],
    ['history missing key', 'GET metrics/get-history', { run_id: run, metric_key: 'never' }],
    ['history uuid', 'GET metrics/get-history', { run_uuid: run, metric_key: 'loss' }],
    ['history nan', 'GET metrics/get-history', { run_id: run, metric_key: 'nan' }],
    ['history inf', 'GET metrics/get-history', { run_id: run, metric_key: 'inf' }],
    ['history -inf', 'GET metrics/get-history', { run_id: run, metric_key: 'ninf' }],
    ['history latest', 'GET metrics/get-history', { run_id: run, metric_key: 'latest' }],
    ...bulk(),
  ],
};

function bulk(): Step[] {
  const at = 'GET /ajax-api/2.0/mlflow/metrics/get-history-bulk';
  const interval = 'GET metrics/get-history-bulk-interval';
  const both = [run, '{{run2}}'];
  return [
    ['bulk', at, { run_id: run, metric_key: 'curve' }],
    ['bulk limit', at, { run_id: run, metric_key: 'curve', max_results: 3 }],
    ['bulk no run', at, { metric_key: 'curve' }],
    ['bulk no key', at, { run_id: run }],
    ['bulk missing run', at, { run_id: '0'.repeat(32), metric_key: 'curve' }],
    ['bulk bad limit', at, { run_id: run, metric_key: 'curve', max_results: 'x' }],
    ['bulk many runs', at, { run_id: many(101).map((i) => `r${i}`), metric_key: 'curve' }],
    ['bulk below api', 'GET metrics/get-history-bulk', { run_id: run, metric_key: 'curve' }],
    ['interval', interval, { run_ids: both, metric_key: 'curve', max_results: 4 }],
    ['interval all', interval, { run_ids: both, metric_key: 'curve' }],
    ['interval one', interval, { run_ids: run, metric_key: 'curve', max_results: 1 }],
    [
      'interval range',
      interval,
      { run_ids: both, metric_key: 'curve', start_step: 2, end_step: 6, max_results: 10 },
    ],
    ['interval start only', interval, { run_ids: run, metric_key: 'curve', start_step: 2 }],
    ['interval end only', interval, { run_ids: run, metric_key: 'curve', end_step: 2 }],
    ['interval reversed', interval, { run_ids: run, metric_key: 'curve', start_step: 5, end_step: 2 }],
    ['interval no runs', interval, { metric_key: 'curve' }],
    ['interval no key', interval, { run_ids: run }],
    ['interval 0', interval, { run_ids: run, metric_key: 'curve', max_results: 0 }],
    ['interval 2501', interval, { run_ids: run, metric_key: 'curve', max_results: 2501 }],
    ['interval many runs', interval, { run_ids: many(101).map((i) => `r${i}`), metric_key: 'curve' }],
    ['interval missing run', interval, { run_ids: '0'.repeat(32), metric_key: 'curve' }],
    [
      'interval ajax',
      'GET /ajax-api/2.0/mlflow/metrics/get-history-bulk-interval',
      { run_ids: run, metric_key: 'curve', max_results: 3 },
    ],
  ];
}
