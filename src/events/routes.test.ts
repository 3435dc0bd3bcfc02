import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testApp, type TestApp } from '../../test/harness/app.ts';
import { ENGINES, testDatabase, type TestDatabase } from '../../test/harness/database.ts';
import { createEvents, createSignals, type Events, eventsRoutes } from './index.ts';

const everything = { everywhere: true, named: [] };
const ALL = { view: everything, administer: everything };

describe.each(ENGINES)('the stream of events on %s', (engine) => {
  let test: TestDatabase;
  let app: TestApp;
  let events: Events;
  beforeAll(async () => {
    test = await testDatabase(engine);
    events = await createEvents(test.database);
    app = await testApp(eventsRoutes(events, createSignals(), () => ALL));
  });
  afterAll(async () => {
    await app.end();
    await test.end();
  });

  it('goes on with what is new for a client that saw more than this database holds (it was restored)', async () => {
    const stop = new AbortController();
    const answer = await fetch(`${app.url}/api/v1/events`, {
      headers: { authorization: `Bearer ${app.token}`, 'last-event-id': '99999999999.5' },
      signal: stop.signal,
    });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    let text = '';
    const until = async (part: string) => {
      while (!text.includes(part)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`The stream ended before it said '${part}': ${text}`);
        text += new TextDecoder().decode(value);
      }
    };
    await until('hello');
    const fact = { type: 'thing.happened', source: 'test', subject: 'new-fact', project: 'p', data: {} };
    await test.database.write((tx) => events.append(tx, fact));
    await until('new-fact');
    expect(text).toContain('event: fact');
    stop.abort();
    await reader.cancel().catch(() => {});
  });
});
