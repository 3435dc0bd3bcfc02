import type { Page, Request } from 'playwright-core';
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

const TRACE = `tr-${'ab'.repeat(16)}`;
const MLMODEL = (type: string) =>
  `flavors:\n  python_function:\n    loader_module: x\nsignature:\n  inputs: '[{"type": "${type}", "name": "hour", "required": true}]'\n  outputs: '[{"type": "double", "name": "p", "required": true}]'\n  params: null\n`;

describe('models, in Chromium', () => {
  let server: ServerProcess;
  let browsed: BrowsedServer;
  let page: Page;
  let faults: string[];
  const runs: string[] = [];

  const ask = <T>(method: string, path: string, body?: unknown) => browsed.mlflow<T>(method, path, body);

  beforeAll(async () => {
    browsed = await browsedServer();
    ({ server } = browsed);
    await ask('POST', '/registered-models/create', { name: 'flight-delay' });
    await ask('POST', '/registered-models/create', { name: 'empty' });
    for (const [version, type] of [
      [1, 'long'],
      [2, 'long'],
      [3, 'string'],
    ] as const) {
      const { run } = await ask<{ run: { info: { run_id: string } } }>('POST', '/runs/create', {
        experiment_id: '0',
        run_name: `train-${version}`,
        start_time: 1_790_000_000_000 + version,
      });
      const run_id = run.info.run_id;
      runs.push(run_id);
      await ask('POST', '/runs/log-batch', {
        run_id,
        params: [
          { key: 'lr', value: String(version / 10) },
          { key: 'depth', value: '6' },
        ],
        metrics: [{ key: 'log_loss', value: 0.5 - version / 100, timestamp: 1_790_000_000_000, step: 0 }],
      });
      await ask('POST', '/runs/log-inputs', {
        run_id,
        datasets: [
          { dataset: { name: 'flights', digest: `d${version}`, source_type: 'local', source: '{}' } },
        ],
      });
      for (const [path, body] of [
        ['MLmodel', MLMODEL(type)],
        ['weights.bin', `weights ${version}`],
        ['same.txt', 'same'],
      ] as const) {
        const response = await fetch(
          `${server.url}/api/2.0/mlflow-artifacts/artifacts/0/${run_id}/artifacts/model/${path}`,
          { method: 'PUT', body },
        );
        expect(response.status).toBe(200);
      }
      await ask('POST', '/model-versions/create', {
        name: 'flight-delay',
        source: `runs:/${run_id}/model`,
        run_id,
      });
    }
    await ask('POST', '/registered-models/create', {
      name: 'greeting',
      tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }],
    });
    const trace = await fetch(`${server.url}/api/3.0/mlflow/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        trace: {
          trace_info: {
            trace_id: TRACE,
            trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } },
            request_time: '2026-09-21T14:13:20Z',
            state: 'OK',
            tags: { 'mlflow.traceName': 'answer-question' },
          },
        },
      }),
    });
    expect(trace.status).toBe(200);
    await ask('POST', '/registered-models/alias', { name: 'flight-delay', alias: 'champion', version: '2' });
    ({ page, faults } = await browsed.open('/p/default/models'));
  });
  afterAll(async () => {
    await browsed?.end();
    expect(faults).toEqual([]);
  });

  const open = async (path: string) => {
    await page.goto(`${server.url}/p/default/models${path}`);
    await settled(page);
  };
  const aliasOf = async (alias: string) => {
    const response = await fetch(
      `${server.url}/api/2.0/mlflow/registered-models/alias?name=flight-delay&alias=${alias}`,
    );
    const answer = (await response.json()) as { model_version?: { version: string } };
    return answer.model_version?.version;
  };

  it('lists models with their newest version, aliases and newest metric', async () => {
    await open('');
    const row = page.getByRole('row', { name: /flight-delay/ });
    await row.getByText('champion v2').waitFor();
    await row.getByText('v3', { exact: true }).waitFor();
    await row.getByRole('button', { name: '0.4700' }).waitFor();
  });

  it('asks once for the metrics of all models, however many there are', async () => {
    const asked: string[] = [];
    const note = (request: Request) =>
      asked.push(new URL(request.url()).pathname.replace(/^.*\/(default|mlflow)\//, ''));
    page.on('request', note);
    await open('');
    await page
      .getByRole('row', { name: /flight-delay/ })
      .getByRole('button', { name: '0.4700' })
      .waitFor();
    await page.getByRole('row', { name: /^empty/ }).waitFor();
    page.off('request', note);
    const about = asked.filter((path) => /^(models|runs)\//.test(path));
    expect(about.sort()).toEqual(['models/counts', 'models/newest-metrics']);
  });

  it('loads models as one scrolls, orders and finds them on the server, and says when they have changed', async () => {
    const many = Array.from({ length: 520 }, (_, at) => `many-${String(at).padStart(3, '0')}`);
    for (let from = 0; from < many.length; from += 20)
      await Promise.all(
        many.slice(from, from + 20).map((name) => ask('POST', '/registered-models/create', { name })),
      );
    await open('');
    const grid = page.getByRole('grid', { name: 'Models' });
    await page.getByText('522 models').waitFor();
    await grid.getByRole('row', { name: /^empty/ }).waitFor();
    const rows = async () => Number(await grid.getAttribute('aria-rowcount')) - 1;
    expect(await rows()).toBeLessThan(522);
    const scroller = page.locator('.r-table-scroll');
    const last = grid.getByRole('row', { name: /^many-519/ });
    await expect
      .poll(async () => {
        await scroller.evaluate((each) => each.scrollTo(0, each.scrollHeight));
        return last.count();
      })
      .toBe(1);
    expect(await rows()).toBe(522);
    await grid.getByRole('columnheader', { name: /model/ }).getByRole('button').first().click();
    await page.waitForURL(/sort=-?name/);
    if (!page.url().includes('sort=-name'))
      await grid.getByRole('columnheader', { name: /model/ }).getByRole('button').first().click();
    await page.waitForURL(/sort=-name/);
    await grid.getByRole('row', { name: /^many-519/ }).waitFor();
    await page.getByRole('searchbox', { name: 'Find a model' }).fill('-DELAY');
    await expect.poll(rows).toBe(1);
    await grid.getByRole('row', { name: /^flight-delay/ }).waitFor();
    await page.getByRole('searchbox', { name: 'Find a model' }).fill("no'such");
    await page.getByText("Nothing has no'such in its name; 522 without the filter.").waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.waitForURL((url) => !url.search.includes('q='));
    expect(await page.getByRole('searchbox', { name: 'Find a model' }).inputValue()).toBe('');
    await open('?q=many-00');
    await expect.poll(rows).toBe(10);
    await ask('POST', '/registered-models/create', { name: 'many-00x' });
    await page.getByRole('button', { name: 'Models have changed: show them as they are now' }).click();
    await expect.poll(rows).toBe(11);
    await page.getByText('523 models').waitFor();
    for (const name of [...many, 'many-00x']) await ask('DELETE', '/registered-models/delete', { name });
  });

  it('registers a model from a run: a new name, the next version, and what the server refuses', async () => {
    const { model } = await ask<{ model: { info: { model_id: string } } }>('POST', '/logged-models', {
      experiment_id: '0',
      name: 'net',
      model_type: 'torch',
      source_run_id: runs[0],
    });
    const openDialog = async () => {
      await page.goto(`${server.url}/p/default/runs/${runs[0]}`);
      await settled(page);
      await page.getByRole('button', { name: 'Register model' }).click();
      const dialog = page.getByRole('dialog', { name: 'Register a model' });
      await dialog.getByRole('combobox', { name: 'As a version of' }).waitFor();
      return dialog;
    };
    let dialog = await openDialog();
    const choose = async (label: string) => {
      await dialog.getByRole('combobox', { name: 'What of this run' }).click();
      await page.getByRole('option', { name: label, exact: true }).click();
    };
    const name = () => dialog.getByRole('combobox', { name: 'As a version of' });
    await dialog.getByText('logged model, torch').waitFor();
    await choose('model');
    await dialog.getByText('folder of the run').waitFor();
    await name().fill('made-here');
    await dialog.getByText('made-here is new: this becomes its version 1.').waitFor();
    await page.keyboard.press('Escape'); // the offers
    expect(await violationsOf(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Register as made-here' }).click();
    await page.waitForURL(/\/models\/made-here\/1$/);
    const version = await ask<{ model_version: { source: string; run_id: string } }>(
      'GET',
      '/model-versions/get?name=made-here&version=1',
    );
    expect(version.model_version).toMatchObject({ source: `runs:/${runs[0]}/model`, run_id: runs[0] });
    dialog = await openDialog();
    await name().fill('FLIGHT');
    await page.getByRole('option', { name: 'flight-delay' }).click();
    await dialog.getByText('flight-delay has v3; this becomes its next version.').waitFor();
    await dialog.getByRole('button', { name: 'Register as flight-delay' }).click();
    await page.waitForURL(/\/models\/flight-delay\/4$/);
    const next = await ask<{ model_version: { model_id: string } }>(
      'GET',
      '/model-versions/get?name=flight-delay&version=4',
    );
    expect(next.model_version.model_id).toBe(model.info.model_id);
    await ask('DELETE', '/model-versions/delete', { name: 'flight-delay', version: '4' });
    dialog = await openDialog();
    await name().fill('greeting');
    await page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Register as greeting' }).click();
    await dialog.getByText(/already taken by a prompt/).waitFor();
    await ask('DELETE', '/registered-models/delete', { name: 'made-here' });
    // The refusal, which the browser notes too.
    expect(faults.splice(0)).toEqual([expect.stringContaining('status of 400')]);
  });

  it('says how to log a model where a run has none', async () => {
    const { run } = await ask<{ run: { info: { run_id: string } } }>('POST', '/runs/create', {
      experiment_id: '0',
      run_name: 'bare',
    });
    await page.goto(`${server.url}/p/default/runs/${run.info.run_id}`);
    await settled(page);
    await page.getByRole('button', { name: 'Register model' }).click();
    await page.getByText('This run logged no model and no folder of files.').waitFor();
    await page.getByText(`mlflow.start_run(run_id="${run.info.run_id}")`).waitFor();
  });

  it('keeps a card in Markdown', async () => {
    await open('/flight-delay');
    await page.getByText('Nobody has written what this model is for').waitFor();
    await page.getByRole('button', { name: 'Write description' }).click();
    await page
      .getByRole('textbox', { name: 'Description, in Markdown' })
      .fill('Predicts **delays**.\n\n<b>no</b>');
    await page.getByRole('button', { name: 'Save description' }).click();
    await page.locator('.r-markdown strong', { hasText: 'delays' }).waitFor();
    expect(await page.locator('.r-markdown b').count()).toBe(0);
  });

  it('sets, moves and removes aliases, and undoes each', async () => {
    await open('/flight-delay');
    const version = () => page.getByRole('combobox', { name: 'Version of champion' });
    await version().selectOption('3');
    await page.getByText('champion is v3 now.').waitFor();
    expect(await aliasOf('champion')).toBe('3');
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press('u');
    await expect.poll(() => aliasOf('champion')).toBe('2');
    await expect.poll(() => version().inputValue()).toBe('2');
    await page.getByRole('textbox', { name: 'New alias' }).fill('candidate');
    await page.getByRole('button', { name: 'Set alias' }).click();
    await expect.poll(() => aliasOf('candidate')).toBe('3');
    await page.getByRole('button', { name: 'Remove candidate' }).click();
    await page.getByText('candidate was removed.').waitFor();
    expect(await aliasOf('candidate')).toBeUndefined();
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press('u');
    await expect.poll(() => aliasOf('candidate')).toBe('3');
  });

  it('shows stages only where somebody uses them', async () => {
    await open('/flight-delay');
    const grid = page.getByRole('grid', { name: 'Versions of flight-delay' });
    const heads = () => grid.getByRole('columnheader').allInnerTexts();
    expect((await heads()).join(' ')).not.toContain('stage');
    await ask('POST', '/model-versions/transition-stage', {
      name: 'flight-delay',
      version: '1',
      stage: 'Archived',
      archive_existing_versions: false,
    });
    await open('/flight-delay');
    await expect.poll(async () => (await heads()).join(' ')).toContain('stage');
  });

  it('compares two chosen versions: signature, params, metrics, data and files', async () => {
    await open('/flight-delay');
    const grid = page.getByRole('grid', { name: 'Versions of flight-delay' });
    for (const version of ['v3', 'v2'])
      await grid
        .getByRole('row', { name: new RegExp(version) })
        .getByRole('checkbox')
        .check();
    await page.getByRole('button', { name: 'Compare 2 versions' }).click();
    await page.waitForURL(/compare\/2\.\.3/);
    await page.getByText('breaks callers').first().waitFor();
    await page.getByRole('row', { name: /^lr 0\.2 0\.3/ }).waitFor();
    await page.getByRole('row', { name: /^log_loss 0\.4800 0\.4700 −0\.0?1000/ }).waitFor();
    await page.getByRole('row', { name: /^data: flights d2 d3/ }).waitFor();
    await page.getByRole('row', { name: /^weights\.bin .* other bytes/ }).waitFor();
    expect(await page.getByRole('row', { name: /^same\.txt/ }).count()).toBe(0);
    await page.getByRole('link', { name: 'Compare their runs' }).click();
    await page.waitForURL(/runs\/compare\?ids=/);
  });

  it('shows a version: metrics of its run, where it is live, what was asked and approved', async () => {
    await open('/flight-delay/3');
    await page.getByRole('heading', { name: 'flight-delay v3' }).waitFor();
    await page.getByRole('button', { name: '0.4700' }).waitFor();
    await page.getByText('No endpoint answers with v3 now.').waitFor();
    await page.getByText('Nobody has asked to promote this version.').waitFor();
    await page.getByRole('link', { name: runs[2]?.slice(0, 8) ?? '' }).waitFor();
  });

  it('finds experiments, runs, models, versions, prompts, traces and what can be done in the palette', async () => {
    await open('/flight-delay');
    const find = async (term: string, label: RegExp) => {
      await page.keyboard.press('Control+k');
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('combobox').fill(term);
      await dialog.getByRole('option', { name: label }).first().waitFor();
      return dialog;
    };
    const close = async () => {
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await find('flight-delay v2', /flight-delay v2/);
    await close();
    await find('train-2', /train-2/);
    await close();
    await find('Default', /Default.*experiment/);
    await close();
    await find('greeting', /greeting.*prompt/);
    await close();
    await find('answer-q', /answer-question.*trace/);
    await close();
    await find(TRACE, /answer-question.*trace/);
    await close();
    await find('>compare v2', /Compare v2 with v3/);
    await close();
    await find(runs[0] ?? '', /train-1/);
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`/runs/${runs[0]}`));
  });

  it.each(LOOKS)('has nothing wrong for axe and fits at $size.width pixels in $scheme', async (look) => {
    await wear(page, look);
    for (const [name, path] of [
      ['models', ''],
      ['model', '/flight-delay'],
      ['empty', '/empty'],
      ['version', '/flight-delay/3'],
      ['diff', '/flight-delay/compare/2..3'],
    ] as const) {
      await open(path);
      await page.locator('main .r-panel').first().waitFor();
      expect([name, await flawsOf(page, name, look)]).toEqual([name, []]);
    }
    await wear(page);
  });
});
