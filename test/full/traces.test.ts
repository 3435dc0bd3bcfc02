import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BrowsedServer,
  browsedServer,
  flawsOf,
  LOOKS,
  settled,
  violationsOf,
  wear,
} from '../harness/browser.ts';
import type { ServerProcess } from '../harness/process.ts';

/** A key and a value with no place to break. */
const LONG = { deep: { [`key${'x'.repeat(120)}`]: 'value'.repeat(60) } };
const idOf = (n: number) => `tr-${String(n).padStart(32, '0')}`;

describe('traces on the screen', () => {
  let server: ServerProcess;
  let browsed: BrowsedServer;
  let page: Page;
  let faults: string[];
  let run: string;
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
    return (await answer.text()) as string;
  };

  beforeAll(async () => {
    browsed = await browsedServer();
    ({ server } = browsed);
    const made = JSON.parse(await post('/api/2.0/mlflow/runs/create', { run_name: 'nightly' }));
    run = made.run.info.run_id;
    for (let n = 1; n <= 4; n++)
      await post('/v1/traces', trace(n), { 'x-mlflow-experiment-id': '0', 'x-mlflow-run-id': run });
    await post(`/api/3.0/mlflow/traces/${idOf(4)}/assessments`, {
      assessment: {
        assessment_name: 'helpful',
        source: { source_type: 'HUMAN', source_id: 'ada' },
        feedback: { value: true },
        rationale: 'Short and right.',
      },
    });
    ({ page, faults } = await browsed.open('/p/default/traces'));
  });
  afterAll(async () => {
    await browsed?.end();
  });

  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  function trace(n: number) {
    const traceId = String(n).padStart(32, '0');
    const ns = (ms: number) => `${1_767_323_045_000 + n * 1000 + ms}000000`;
    return {
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId,
                  spanId: '00000000000000a1',
                  name: `answer-${n}`,
                  startTimeUnixNano: ns(0),
                  endTimeUnixNano: ns(100),
                  attributes: [
                    attribute('mlflow.spanInputs', `question ${n}`),
                    attribute('mlflow.spanType', 'CHAIN'),
                    ...(n === 3 ? [attribute('mlflow.spanOutputs', JSON.stringify(LONG))] : []),
                  ],
                  status: { code: n === 2 ? 2 : 1, message: n === 2 ? 'no luck' : '' },
                },
                {
                  traceId,
                  spanId: '00000000000000a2',
                  parentSpanId: '00000000000000a1',
                  name: 'ask',
                  startTimeUnixNano: ns(30),
                  endTimeUnixNano: ns(90),
                  attributes: [
                    attribute('mlflow.spanOutputs', `answer ${n}`),
                    attribute('mlflow.spanType', 'LLM'),
                  ],
                },
              ],
            },
          ],
        },
      ],
    };
  }
  const names = () => page.getByRole('grid').getByRole('row').locator('a').allInnerTexts();

  it('lists them newest first and filters them; a wrong filter is shown at its character', async () => {
    await expect.poll(names).toEqual(['answer-4', 'answer-3', 'answer-2', 'answer-1']);
    await page.keyboard.press('/');
    await page.keyboard.type("span.status = 'ERROR'");
    await expect.poll(names).toEqual(['answer-2']);
    await page.locator('[data-filter]').fill("span.type = 'LLM' and span.nope = 'x'");
    await page.getByText("Invalid span attribute 'nope'").waitFor();
    expect(await page.locator('.r-fault').count()).toBe(0);
    await page.locator('[data-filter]').fill('');
    await expect.poll(names).toHaveLength(4);
    expect(await violationsOf(page)).toEqual([]);
    // The refused filter is a request that failed, which the browser says.
    expect(faults.filter((fault) => !fault.includes('400'))).toEqual([]);
  });

  it('shows the tree of spans, what went in and out of the chosen one, and what was said', async () => {
    await page.getByRole('link', { name: 'answer-4' }).click();
    await page.getByRole('heading', { name: 'answer-4', level: 1 }).waitFor();
    await settled(page);
    const grid = page.getByRole('grid', { name: 'Spans' });
    expect(await grid.getByRole('row').allInnerTexts()).toEqual([
      expect.stringContaining('span'),
      expect.stringMatching(/answer-4[^]*CHAIN[^]*100 ms/),
      expect.stringMatching(/ask[^]*LLM[^]*60(\.0)? ms/),
    ]);
    await page.getByRole('figure', { name: 'Inputs' }).getByText('question 4').waitFor();
    await page.getByText('Short and right.').waitFor();
    await grid.focus();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('figure', { name: 'Outputs' }).getByText('answer 4').waitFor();
    expect(new URL(page.url()).searchParams.get('span')).toBeTruthy();
    expect(await violationsOf(page)).toEqual([]);
  });

  it.each(LOOKS)(
    'shows long JSON whole, without scrolling aside, at $size.width pixels in $scheme',
    async (look) => {
      await wear(page, look);
      await page.goto(`${server.url}/p/default/traces/${idOf(3)}`);
      await settled(page);
      const text = page.getByRole('figure', { name: 'Outputs' }).locator('pre');
      await text.waitFor();
      expect(JSON.parse(await text.innerText())).toEqual(LONG);
      expect(await text.evaluate((each) => each.scrollWidth - each.clientWidth)).toBe(0);
      expect(await flawsOf(page, 'trace', look)).toEqual([]);
      await wear(page);
    },
  );

  it('shows the traces of a run in a tab of its page', async () => {
    await page.goto(`${server.url}/p/default/runs/${run}`);
    await page
      .getByRole('link', { name: 'Traces', exact: true })
      .or(page.getByRole('tab', { name: 'Traces' }))
      .last()
      .click();
    await expect.poll(names).toHaveLength(4);
  });

  it('deletes the chosen ones after a dialog that says what goes', async () => {
    await page.goto(`${server.url}/p/default/traces`);
    await expect.poll(names).toHaveLength(4);
    await page.getByRole('grid').focus();
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByRole('button', { name: 'Delete 2' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('this cannot be undone').waitFor();
    expect(await dialog.innerText()).toContain('1 assessment');
    await dialog.getByRole('button', { name: 'Delete 2 traces' }).click();
    await expect.poll(names).toEqual(['answer-2', 'answer-1']);
    expect((await fetch(`${server.url}/api/3.0/mlflow/traces/${idOf(4)}`)).status).toBe(404);
  });
});
