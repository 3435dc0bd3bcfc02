import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestApp, testApp } from '../../../test/harness/app.ts';
import { testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { COMMIT, everything, recordsInMemory } from '../../../test/harness/evidence.ts';
import { createEvents } from '../../events/index.ts';
import { createClient } from '../../lib/contract/index.ts';
import { createProjects } from '../projects/service.ts';
import { maturityContract } from './contract.ts';
import { maturityRoutes } from './routes.ts';
import { createMaturity } from './service.ts';

describe('maturity over HTTP', () => {
  let test: TestDatabase;
  let app: TestApp;
  const home = '/api/v1/projects/default';

  beforeAll(async () => {
    test = await testDatabase('sqlite');
    const { database } = test;
    const events = await createEvents(database);
    const projects = createProjects(database, events);
    const { evidence } = recordsInMemory(everything());
    app = await testApp(maturityRoutes(createMaturity({ database, events, projects, evidence })));
  });
  afterAll(async () => {
    await app.end();
    await test.end();
  });

  it('takes reports with a token only, and shows the level they help to prove to everybody', async () => {
    const report = { commit: COMMIT, suite: 'unit', passed: 7, failed: 0 };
    expect((await app.call('POST', `${home}/ci-results`, report, { anonymous: true })).status).toBe(401);
    expect(await app.call('POST', `${home}/ci-results`, report)).toMatchObject({
      status: 201,
      body: { kind: 'unit' },
    });
    expect((await app.call('GET', `${home}/maturity`, undefined, { anonymous: true })).body).toMatchObject({
      level: 2,
    });
    await app.call('POST', `${home}/ci-results`, { ...report, suite: 'integration' });
    const { body } = await app.call('GET', `${home}/maturity`);
    expect(body).toMatchObject({
      level: 4,
      lead: { text: 'Level 4, full automation. Every criterion of every level holds.' },
    });
    expect((await app.call('GET', '/api/v1/maturity')).body).toMatchObject({
      projects: [{ project: 'default', level: 4 }],
    });
    const client = createClient(maturityContract, { url: app.url });
    const { results } = await client.listCiResults({
      params: { project: 'default' },
      query: { commit: 'aaaa' },
    });
    expect(results.map((result) => result.suite)).toEqual(['integration', 'unit']);
  });

  it.each([
    ['POST', '/ci-results', { commit: 'HEAD', suite: 'unit', passed: 1, failed: 0 }, 400],
    ['POST', '/ci-results', { commit: COMMIT, suite: 'unit', passed: -1, failed: 0 }, 400],
    [
      'POST',
      '/ci-results',
      { commit: COMMIT, suite: 'u', passed: 1, failed: 0, url: 'javascript:alert(1)' },
      400,
    ],
    ['GET', '/ci-results?commit=%25', undefined, 400],
    ['PUT', '/maturity/attestations/people-2', { by: 'Li', statement: 'x', expires: 'never' }, 400],
    ['PUT', '/maturity/attestations/availability', { by: 'Li', statement: 'x', expires: '2027-01-01' }, 400],
  ])('refuses %s %s %j', async (method, path, body, status) => {
    expect((await app.call(method, home + path, body)).status).toBe(status);
  });

  it('is described', async () => {
    const { status, body } = await app.call('GET', '/api/v1/openapi.json');
    expect(status).toBe(200);
    expect(Object.keys((body as { paths: object }).paths)).toContain('/api/v1/projects/{project}/maturity');
  });
});
