import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { urn } from '../../lib/urn.ts';
import { createLineage, type LineageService } from './service.ts';

describe.each(ENGINES)('lineage on %s', (engine) => {
  let test: TestDatabase;
  let lineage: LineageService;
  const prediction = urn('prediction', 'late.1.1.7');
  const [deployment, version, run, data] = [
    urn('deployment', 'late', 1),
    urn('model-version', 'm', 1),
    urn('run', 'r1'),
    urn('dataset-version', 'flights', 1),
  ];
  beforeAll(async () => {
    test = await testDatabase(engine);
    lineage = createLineage(test.database);
    const titled = {
      describe: async (parts: string[]) => ({
        title: parts.join(' '),
        facts: {},
        href: null,
        project: 'default',
      }),
    };
    lineage.resolve('prediction', {
      ...titled,
      links: async ([id = '']) => [
        { relation: 'scored-by', to: urn('deployment', ...id.split('.').slice(0, 2)) },
      ],
    });
    for (const kind of ['deployment', 'run', 'dataset-version'] as const) lineage.resolve(kind, titled);
    lineage.resolve('model-version', { ...titled, expects: ['produced-by', 'evaluated-on'] });
    await test.database.write(async (tx) => {
      await lineage.link(tx, 'p', deployment, 'uses', version);
      await lineage.link(tx, 'p', version, 'produced-by', run);
      await lineage.link(tx, 'p', run, 'trained-on', data);
      await lineage.link(tx, 'p', run, 'trained-on', data);
    });
  });
  afterAll(() => test.end());

  it('walks from a prediction to its data and says what is missing', async () => {
    const graph = await lineage.walk(prediction, { direction: 'up' });
    expect(graph.nodes.map((node) => node.urn)).toEqual([prediction, deployment, version, run, data]);
    expect(graph.links).toHaveLength(4);
    expect(graph.gaps).toEqual([{ urn: version, missing: 'evaluated-on' }]);
  });

  it('walks forward from data to what was built on it', async () => {
    const graph = await lineage.walk(data, { direction: 'down' });
    expect(graph.nodes.map((node) => node.urn)).toEqual([data, run, version, deployment]);
    // Where nobody asked what a thing came from, nothing can be missing.
    expect(graph.gaps).toEqual([]);
    expect((await lineage.walk(run)).gaps).toEqual([]);
  });

  it('names a thing that nobody knows, and refuses what is no URN', async () => {
    expect((await lineage.walk(urn('endpoint', 'ghost'))).gaps).toEqual([
      { urn: urn('endpoint', 'ghost'), missing: 'nothing is recorded under this name' },
    ]);
    await expect(lineage.walk('rondo:nonsense:x')).rejects.toMatchObject({ code: 'INVALID' });
  });
});
