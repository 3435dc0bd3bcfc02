import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGINES, testDatabase, type TestDatabase } from '../../test/harness/database.ts';
import { cursorOf } from './events.ts';
import { createEvents, type Events, parseCursor, type Position, Subscriptions } from './index.ts';

const fact = (subject: string) => ({
  type: 'thing.happened',
  source: 'test',
  subject,
  project: 'p',
  data: { n: 1 },
});

describe.each(ENGINES)('events on %s', (engine) => {
  let test: TestDatabase;
  let events: Events;
  beforeAll(async () => {
    test = await testDatabase(engine);
    events = await createEvents(test.database);
  });
  afterAll(() => test.end());

  it('misses none of what six writers with random delays commit', async () => {
    const seen = new Set<string>();
    let position: Position = await events.head();
    let writing = true;
    const reader = (async () => {
      for (;;) {
        const stop = !writing;
        const news = await events.after(position, { limit: 500 });
        for (const event of news) {
          expect(seen.has(event.subject)).toBe(false);
          seen.add(event.subject);
          position = parseCursor(event.cursor);
        }
        // A transaction of another database of the server can hold back the last ones for a while.
        if (stop && news.length === 0 && cursorOf(position) === cursorOf(await events.newest())) return;
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    })();
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      for (let i = 0; i < 40; i++) {
        await test.database.write(async (tx) => {
          await events.append(tx, fact(`${writer}-${i}`));
          if (engine === 'postgres') await sql`select pg_sleep(${Math.random() * 0.02})`.execute(tx);
        });
      }
    });
    await Promise.all(writers);
    writing = false;
    await reader;
    expect(seen.size).toBe(240);
  });

  it.runIf(engine === 'postgres')(
    'brings the news again once an older transaction no longer holds it back',
    async () => {
      const head = await events.newest(); // a transaction of any database of the server holds back the settled one
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let began = () => {};
      const running = new Promise<void>((resolve) => {
        began = resolve;
      });
      const older = test.database.write(async (tx) => {
        await sql`select pg_current_xact_id()`.execute(tx);
        began();
        await held;
      });
      await running;
      const heard = new Promise<string[]>((resolve) => {
        const forget = events.onNews(() => {
          void events.after(head).then((news) => {
            if (news.length === 0) return;
            forget();
            resolve(news.map((event) => event.subject));
          });
        });
      });
      await test.database.write((tx) => events.append(tx, fact('held back')));
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await events.after(head)).toEqual([]);
      release();
      await older;
      expect(await heard).toEqual(['held back']);
    },
    5000,
  );

  it('delivers to each subscriber in order, again after a failure, and parks what keeps failing', async () => {
    const heard: string[] = [];
    let failures = 0;
    const subscriptions = new Subscriptions(test.database, events);
    subscriptions.add({
      name: `s-${engine}`,
      types: ['order.placed'],
      async handle(event) {
        if (event.subject === 'flaky' && failures++ < 2) throw new Error('not yet');
        if (event.subject === 'poison') throw new Error('never');
        heard.push(event.subject);
      },
    });
    subscriptions.start();
    for (const subject of ['a', 'flaky', 'poison', 'b']) {
      await test.database.write((tx) => events.append(tx, { ...fact(subject), type: 'order.placed' }));
    }
    await subscriptions.caughtUp();
    expect(heard).toEqual(['a', 'flaky', 'b']);
    const parked = await test.database.read.selectFrom('event_failures').selectAll().execute();
    expect(parked.map((row) => row.subscriber)).toEqual([`s-${engine}`]);
    await subscriptions.stop();
    const again = new Subscriptions(test.database, events);
    again.add({
      name: `s-${engine}`,
      types: ['order.placed'],
      handle: async (event) => void heard.push(event.subject),
    });
    again.start();
    await again.caughtUp();
    expect(heard).toEqual(['a', 'flaky', 'b']);
    await again.stop();
  });

  it('disappears with the verb that wrote it', async () => {
    const head = await events.head();
    await test.database
      .write(async (tx) => {
        await events.append(tx, fact('undone'));
        throw new Error('no');
      })
      .catch(() => {});
    expect(await events.after(head)).toEqual([]);
  });
});
