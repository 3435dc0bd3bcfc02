import { describe, expect, it } from 'vitest';
import { ENGINES } from '../../../test/harness/database.ts';
import { text } from '../../../test/harness/otlp.ts';
import { EMPTY, hex, traceRoom } from '../../../test/harness/traces.ts';
import { ANONYMOUS } from '../identity/schema.ts';

describe.each(ENGINES)('the search for traces on %s', (engine) => {
  const { room, send, search, found } = traceRoom(engine);

  it('searches by everything a trace has', async () => {
    const own = await room.tracking.createExperiment(ANONYMOUS, 'default', { name: `searched-${hex(4)}` });
    const before = room.experiment;
    room.experiment = own;
    const run = (await room.tracking.createRun(ANONYMOUS, 'default', { experiment_id: own })).info.run_id;
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) {
      const trace = hex(16);
      ids.push(`tr-${trace}`);
      const root = hex(8);
      await send(
        [
          {
            trace,
            id: root,
            name: `root-${i}`,
            start: 1000 + i,
            end: 2000 + i * 10,
            more: i === 3 ? { status: { code: 2, message: 'no luck' } } : {},
            given: { 'mlflow.spanType': text('CHAIN'), model: text(i % 2 ? 'odd one' : 'even one') },
          },
          {
            trace,
            id: hex(8),
            parent: root,
            name: 'inner',
            start: 1000 + i,
            end: 1900,
            given: { 'mlflow.spanType': text(i === 5 ? 'TOOL' : 'LLM'), size: { intValue: i } },
          },
        ],
        {},
        i === 2 ? run : undefined,
      );
      await room.tracking.setTraceTag(ANONYMOUS, 'default', `tr-${trace}`, 'half', i < 3 ? 'low' : 'high');
    }
    await room.tracking.linkTracesToRun(ANONYMOUS, 'default', [ids[4] as string, 'nope'], run);
    await room.tracking.linkPromptsToTrace(ANONYMOUS, 'default', ids[1] as string, [
      { name: 'p', version: '2' },
    ]);
    const assess = (i: number, name: string, value: string | number | boolean) =>
      room.tracking.createAssessment(ANONYMOUS, 'default', ids[i] as string, {
        ...EMPTY,
        assessment_name: name,
        feedback: { value, error: undefined },
      });
    await assess(0, 'good', true);
    await assess(1, 'good', false);
    await assess(2, 'score', 0.25);
    await assess(6, 'score', 0.75);
    const numbers = async (filter: string, more = {}) =>
      (await found(filter, more)).map((id) => ids.indexOf(id));
    const cases: [string, number[]][] = [
      ['', [6, 5, 4, 3, 2, 1, 0]],
      ["trace.status = 'ERROR'", [3]],
      ["attributes.status IN ('ERROR', 'X')", [3]],
      ["tags.half = 'low'", [2, 1, 0]],
      ["tag.half LIKE 'h%' AND timestamp_ms < 1005", [4, 3]],
      ["span.name = 'root-4'", [4]],
      ["name = 'root-4'", [4]],
      ["span.type = 'TOOL'", [5]],
      ["span.name = 'inner' AND span.type = 'CHAIN'", []],
      ["span.name = 'inner' AND span.type = 'TOOL'", [5]],
      ["span.status = 'ERROR' OR span.type = 'TOOL'", [5, 3]],
      ["span.attributes.model = 'odd one'", [5, 3, 1]],
      ["span.attributes.model LIKE '%even%' AND NOT tags.half = 'low'", [6, 4]],
      ["span.attributes.size = '5'", [5]],
      ["span.attributes.`size` RLIKE '^[01]$'", [1, 0]],
      ["trace.text LIKE '%no luck%'", [3]],
      ["text ILIKE '%NO LUCK%'", [3]],
      [`run_id = '${run}'`, [4, 2]],
      ["prompt = 'p/2'", [1]],
      ["feedback.good = 'true'", [0]],
      ["feedback.good != 'true'", [1]],
      ['feedback.score > 0.5', [6]],
      ["feedback.good IS NOT NULL AND span.name = 'inner'", [1, 0]],
      ["feedback.good IS NULL AND feedback.score IS NULL AND tags.half = 'high'", [5, 4, 3]],
      ['execution_time_ms >= 1045', [6, 5]],
      ['end_time > 2045', [6, 5]],
      [`request_id = '${ids[0]}'`, [0]],
      ['timestamp > now() - 1d', []],
    ];
    for (const [filter, expected] of cases)
      expect([filter, await numbers(filter)]).toEqual([filter, expected]);
    for (const order of [
      ['execution_time_ms DESC'],
      ['tags.half', 'timestamp'],
      ['name DESC'],
      ['run_id'],
      [],
    ]) {
      const all = await found('', { orderBy: order });
      const paged: string[] = [];
      let token: string | undefined;
      do {
        const page = await search('', { orderBy: order, limit: 3, token });
        paged.push(...page.traces.map((trace: { trace_id: string }) => trace.trace_id));
        token = page.next_page_token;
      } while (token);
      expect(paged).toEqual(all);
      expect(paged).toHaveLength(7);
    }
    await expect(found("span.nope = 'x'")).rejects.toMatchObject({ details: { position: 0 } });
    room.experiment = before;
  });
});
