import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error the build script is plain JavaScript
import { build } from '../scripts/build.mjs';
import type { Report } from '../src/cli/import/tally.ts';
import { runCli } from './harness/cli.ts';
import { ENGINES } from './harness/database.ts';
import { testServer } from './harness/server.ts';

const home = mkdtempSync(join(tmpdir(), 'rondo-import-'));
const RUN = 'a'.repeat(32);
const GOOD = 'b'.repeat(32);
const MODEL = `m-${'c'.repeat(32)}`;
const TRACE = `tr-${'d'.repeat(32)}`;

beforeAll(() => build());
afterAll(() => rmSync(home, { recursive: true, force: true }));

function put(path: string, text: string): void {
  const file = join(home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const yaml = (fields: Record<string, unknown>) =>
  Object.entries(fields)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');

/** An mlruns folder in which each thing has something over a limit, beside what is well. */
function odd(): string {
  const at = 'mlruns/1';
  const experiment = { experiment_id: '1', name: `late${'!'.repeat(600)}`, lifecycle_stage: 'active' };
  put(`${at}/meta.yaml`, yaml({ ...experiment, creation_time: 1e30 }));
  const run = {
    status: 3,
    start_time: 5,
    end_time: 9e18,
    lifecycle_stage: 'active',
    user_id: 'u'.repeat(300),
  };
  put(`${at}/${RUN}/meta.yaml`, yaml({ ...run, run_id: RUN, run_name: 'bell\u0007', artifact_uri: '/gone' }));
  put(`${at}/${RUN}/params/long`, 'x'.repeat(7000));
  put(`${at}/${RUN}/params/what?`, '1');
  put(`${at}/${RUN}/params/fine`, '0.1');
  put(`${at}/${RUN}/tags/what? (odd)`, 'kept');
  put(`${at}/${RUN}/tags/nul`, 'a\0b');
  put(`${at}/${RUN}/metrics/loss`, `1000 nan 0\n1001 inf 1\n1002 0.5 ${2 ** 60}\n1003 0.25 3\n`);
  put(`${at}/${RUN}/metrics/acc@1`, '1000 1 0\n1001 1 1\n');
  put(`${at}/${RUN}/inputs/x/meta.yaml`, yaml({ source_type: 'DATASET', source_id: 'data' }));
  const dataset = { name: 'wine', digest: 'd', source_type: 'local', source: 's'.repeat(70_000) };
  put(`${at}/datasets/data/meta.yaml`, yaml(dataset));
  put(`${at}/${RUN}/outputs/${MODEL}/meta.yaml`, yaml({ step: 1e30 }));
  put(
    `${at}/${GOOD}/meta.yaml`,
    yaml({ ...run, user_id: 'bob', end_time: 6, run_id: GOOD, run_name: 'good' }),
  );
  put(
    `${at}/no id!/meta.yaml`,
    yaml({ ...run, user_id: 'bob', end_time: 6, run_id: 'no id!', run_name: 'bad' }),
  );
  for (const owner of [RUN, GOOD, `models/${MODEL}`]) put(`${at}/${owner}/artifacts/file.txt`, 'x');
  put(`${at}/broken/meta.yaml`, 'run_id: "');
  const model = { model_id: MODEL, name: 'forest', model_type: 't'.repeat(600), status: 2 };
  put(
    `${at}/models/${MODEL}/meta.yaml`,
    yaml({ ...model, creation_timestamp: 1, last_updated_timestamp: 2 }),
  );
  put(`${at}/models/${MODEL}/metrics/acc`, `1 0.5 ${2 ** 60} ${RUN}\n1 0.5 2 ${RUN}\n`);
  const trace = { trace_id: TRACE, timestamp_ms: 1e30, state: 'OK' };
  put(`${at}/traces/${TRACE}/trace_info.yaml`, yaml(trace));
  put(
    `${at}/traces/${TRACE}/assessments/a`,
    yaml({ assessment_id: 'a', assessment_name: 'good', create_time: 'then' }),
  );
  const span = { name: 'x', context: { span_id: '0xab' }, start_time: 1, end_time: 2, attributes: {} };
  const spans = [span, { ...span, context: { span_id: '0xac' }, start_time: 'never' }];
  put(`${at}/traces/${TRACE}/artifacts/traces.json`, JSON.stringify({ spans }));
  put(`${at}/traces/tr-broken/trace_info.yaml`, yaml({ ...trace, trace_id: 'tr-broken' }));
  put(`${at}/traces/tr-broken/artifacts/traces.json`, '{"spans": [');
  put(
    'mlruns/models/wine/meta.yaml',
    yaml({ name: 'wine', creation_timestamp: 1, last_updated_timestamp: 1 }),
  );
  put('mlruns/models/wine/tags/what?', 'odd');
  const version = { version: 1, source: 's'.repeat(5000), run_id: RUN, creation_timestamp: 1 };
  put(
    'mlruns/models/wine/version-1/meta.yaml',
    yaml({ ...version, last_updated_timestamp: 1, current_stage: 'None' }),
  );
  put('mlruns/models/a/meta.yaml', yaml({ name: 'a:b', creation_timestamp: 1, last_updated_timestamp: 1 }));
  return join(home, 'mlruns');
}

describe.each(ENGINES)('rondo import into %s', (engine) => {
  it('leaves out what is over a limit and nothing beside it, and says so each time', async () => {
    const server = await testServer(engine);
    try {
      const env = { RONDO_URL: server.url, RONDO_TOKEN: server.token, XDG_STATE_HOME: join(home, engine) };
      const bring = () => runCli(['import', 'mlflow', odd(), '--json'], { cwd: home, env });
      const ran = await bring();
      expect([ran.code, ran.err]).toEqual([3, expect.not.stringContaining('rror')]);
      const report = JSON.parse(ran.out) as Report;
      const lost = report.left_out.map(({ kind, id, key }) => [kind, id, key].filter(Boolean).join(' '));
      const name = `late${'!'.repeat(600)}`;
      const at = join(home, 'mlruns/1');
      expect(lost.toSorted()).toEqual(
        [
          `experiments ${name} created_at`,
          `experiments ${name} name`,
          `runs ${RUN} user_id`,
          `runs ${RUN} name`,
          `runs ${RUN} end_time`,
          `runs ${RUN} step of an output`,
          `params ${RUN} long`,
          `params ${RUN} what?`,
          `tags ${RUN} nul`,
          `datasets ${RUN} wine`,
          `points ${RUN} acc@1`,
          `points ${RUN} loss`,
          'runs no id!',
          `runs ${at}/broken`,
          `logged models ${MODEL} model_type`,
          `metrics ${MODEL} acc`,
          `traces ${TRACE} request_time`,
          `assessments ${TRACE} good`,
          `spans ${TRACE} ac`,
          'traces tr-broken',
          'tags wine what?',
          'versions wine/1 source',
          'registered models a:b',
        ].toSorted(),
      );
      expect(report.left_out.every(({ why }) => why.length > 10)).toBe(true);
      expect(report.counts).toMatchObject({
        runs: { found: 3, imported: 2, left_out: 1 },
        files: { found: 4, imported: 4, left_out: 0 },
        points: { found: 6, imported: 3, left_out: 3 },
        traces: { imported: 1 },
        versions: { imported: 1 },
      });
      const { run } = (await server.call('GET', `/api/2.0/mlflow/runs/get?run_id=${RUN}`)).body;
      const pairs = (list: { key: string; value: string }[]) =>
        Object.fromEntries(list.map(({ key, value }) => [key, value]));
      expect(pairs(run.data.params)).toEqual({ fine: '0.1', long: 'x'.repeat(6000) });
      expect(pairs(run.data.tags)).toMatchObject({ 'what? (odd)': 'kept', nul: 'a\uFFFDb' });
      expect(run.inputs.dataset_inputs).toMatchObject([{ dataset: { name: 'wine', source: '' } }]);
      expect(run.info).toMatchObject({ run_name: 'bell ', user_id: 'u'.repeat(256), status: 'FINISHED' });
      const good = await server.call('GET', `/api/2.0/mlflow/runs/get?run_id=${GOOD}`);
      expect(good.body.run.info.run_name).toBe('good');
      const again = await bring();
      const second = JSON.parse(again.out) as Report;
      expect([again.code, second.left_out]).toEqual([3, report.left_out]);
      expect(second.counts.points).toMatchObject({ imported: 0, present: 3, left_out: 3 });
    } finally {
      await server.end();
    }
  });
});
