import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../../test/harness/database.ts';
import { createEvents, type Events } from '../../events/index.ts';
import { systemActor } from '../identity/schema.ts';
import { ProjectFile } from './schema.ts';
import { createProjects, type ProjectsService } from './service.ts';

const actor = systemActor('test');
const file = (over: object = {}) =>
  ProjectFile.parse({
    project: 'flights',
    charter: {
      question: 'Late?',
      task: 'binary_classification',
      label: 'late',
      baseline: { kind: 'constant', value: 0.2 },
      goal: { margin: 0.01 },
    },
    environments: [{ name: 'dev' }, { name: 'prod', protected: true, mode: 'manual', after: 'dev' }],
    ...over,
  });

describe.each(ENGINES)('projects on %s', (engine) => {
  let test: TestDatabase;
  let events: Events;
  let projects: ProjectsService;
  beforeAll(async () => {
    test = await testDatabase(engine);
    events = await createEvents(test.database);
    projects = createProjects(test.database, events);
  });
  afterAll(() => test.end());

  it('keeps every saved state and counts no save that changes nothing', async () => {
    expect((await projects.apply(actor, file())).revision).toBe(1);
    expect((await projects.apply(actor, file())).revision).toBe(1);
    expect((await projects.apply(actor, file({ title: 'Flights' }))).revision).toBe(2);
    expect((await projects.revisions('flights')).map((revision) => revision.revision)).toEqual([2, 1]);
    expect((await events.recent({ project: 'flights' })).map((event) => event.type)).toEqual([
      'project.changed',
      'project.created',
    ]);
  });

  it('gives a project without a file one unprotected environment', async () => {
    expect(await projects.get('default')).toMatchObject({
      charter: null,
      environments: [{ name: 'dev', protected: false }],
    });
    await expect(projects.get('nothing')).rejects.toMatchObject({ code: 'PROJECT_UNKNOWN' });
    await expect(projects.environment('flights', 'qa')).rejects.toMatchObject({
      code: 'ENVIRONMENT_UNKNOWN',
    });
  });
});

describe('rondo.yaml', () => {
  it.each([
    [{ environments: [{ name: 'dev' }, { name: 'dev' }] }, "'dev' is listed twice"],
    [{ environments: [{ name: 'prod', after: 'dev' }, { name: 'dev' }] }, "'dev' must be listed before it"],
    [{ project: '../x' }, 'use letters'],
    [
      {
        charter: {
          question: 'x',
          task: 'clustering',
          label: 'y',
          baseline: { kind: 'constant', value: 1 },
          goal: {},
        },
      },
      'Invalid option',
    ],
  ])('refuses %j', (over, message) => {
    expect(() => file(over)).toThrow(message);
  });
});
