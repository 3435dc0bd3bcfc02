import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAGES as ROUTES } from '../../src/web/routes.tsx';
import { openBrowser, violationsOf } from '../harness/browser.ts';
import { type ServerProcess, serverProcess } from '../harness/process.ts';
import { keysOnLists } from './keys-on-lists.ts';

/** The data folder of a finished quickstart, when there is one: then pages are looked at with real contents, else empty. */
const finished = process.env.RONDO_FULL_DATA;
const data = finished ?? mkdtempSync(join(tmpdir(), 'rondo-pages-'));
const project = finished ? 'flights' : 'default';
const tokenIn = (folder: string) => readFileSync(join(folder, 'token'), 'utf8').trim();

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
const LOOKS = [
  { size: WIDE, scheme: 'light' },
  { size: WIDE, scheme: 'dark' },
  { size: NARROW, scheme: 'light' },
] as const;
/** Addresses that are no page of the product, or that lead on to another. */
const LEFT_OUT = new Set(['/kit']);
/** What a server that has seen nothing can be asked for. */
const WITHOUT_THINGS = ROUTES.filter(
  ({ path }) => !LEFT_OUT.has(path) && !path.slice('/p/$project'.length).includes('$'),
).map(({ path }) => path);
const WITH_THINGS = ROUTES.filter(({ path }) => !LEFT_OUT.has(path)).map(({ path }) => path);
const LOOKED_AT = finished ? WITH_THINGS : WITHOUT_THINGS;

interface Opened {
  page: Page;
  faults: string[];
}

describe('every page in Chromium', () => {
  let server: ServerProcess;
  let url: string;
  let token: string;
  let browser: Browser;
  let parts: Record<string, string>;

  beforeAll(async () => {
    server = await serverProcess(data, finished ? { token: tokenIn(data) } : {});
    ({ url, token } = server);
    browser = await openBrowser();
    parts = finished ? await partsOfAddresses() : {};
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function ask<T>(path: string, body?: unknown, more: Record<string, string> = {}): Promise<T> {
    const response = await fetch(url + path, {
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'x-mlflow-workspace': project,
        ...more,
      },
    });
    if (!response.ok) throw new Error(`${path} answers ${response.status}`);
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** The example registers none, so one is registered. */
  async function aPrompt(): Promise<string> {
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    const text = { key: 'mlflow.prompt.text', value: 'Why is {{flight}} late?' };
    const found = await ask<{ registered_models?: { name: string }[] }>(
      `/api/2.0/mlflow/registered-models/search?filter=${encodeURIComponent("tags.`mlflow.prompt.is_prompt` = 'true'")}`,
    );
    const known = found.registered_models?.[0]?.name;
    if (known !== undefined) return known;
    const version = { name: 'why-late', source: 'prompt-template', tags: [...tags, text] };
    await ask('/api/2.0/mlflow/registered-models/create', { name: version.name, tags });
    await ask('/api/2.0/mlflow/model-versions/create', version);
    return version.name;
  }

  /** The example traces nothing, so a span is sent. */
  async function aTrace(experiment: string): Promise<string> {
    const traceId = '0123456789abcdef0123456789abcdef';
    const times = { startTimeUnixNano: '1767323045000000000', endTimeUnixNano: '1767323045100000000' };
    const span = { traceId, spanId: '00000000000000a1', name: 'answer', ...times };
    const sent = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
    await ask('/v1/traces', sent, { 'x-mlflow-experiment-id': experiment });
    return `tr-${traceId}`;
  }

  /** Something real for every part of an address that varies. */
  async function partsOfAddresses(): Promise<Record<string, string>> {
    const base = `/api/v1/projects/${project}`;
    interface Named {
      id: string;
      name: string;
    }
    const list = async (path: string, key: string) =>
      ((await ask<Record<string, Named[]>>(`${base}/${path}`))[key] ?? []) as (Named & {
        pipeline: string;
        predictions: number;
        spec: { kind: string };
      })[];
    const first = (found: Named[], what: string) => {
      if (!found[0]) throw new Error(`the finished example has no ${what}`);
      return found[0];
    };
    const endpoint = (await list('endpoints', 'endpoints')).sort((a, b) => b.predictions - a.predictions);
    const answered = await ask<{ predictions: { prediction_id: string }[] }>(
      `${base}/endpoints/${first(endpoint, 'endpoint').name}/predictions?limit=1`,
    );
    const runs = (await list('pipeline-runs', 'runs')).filter((run) => run.pipeline === 'flights-train');
    const { experiments } = await ask<{ experiments: { experiment_id: string }[] }>(
      '/api/2.0/mlflow/experiments/search',
      { max_results: 100 },
    );
    const logged = await ask<{ runs: { info: { run_id: string } }[] }>('/api/2.0/mlflow/runs/search', {
      experiment_ids: experiments.map((each) => each.experiment_id),
      max_results: 3,
    });
    const monitors = await list('monitors', 'monitors');
    const features = await ask<{ views: Named[] }>(`${base}/features`);
    return {
      endpoint: first(endpoint, 'endpoint').name,
      prediction: answered.predictions[0]?.prediction_id ?? '',
      dataset: first(await list('datasets', 'datasets'), 'dataset').name,
      version: '2',
      versions: '1..2',
      model: 'flight-delay',
      prompt: await aPrompt(),
      trace: await aTrace(experiments[0]?.experiment_id ?? ''),
      pipeline: 'flights-train',
      'pipeline-run': first(runs, 'run of flights-train').id,
      run: logged.runs[0]?.info.run_id ?? '',
      runs: logged.runs.map((run) => run.info.run_id).join(','),
      monitor: monitors.find((each) => each.spec.kind === 'quality')?.name ?? '',
      drift: monitors.find((each) => each.spec.kind === 'drift')?.name ?? '',
      rollout: String((await list('rollouts', 'rollouts')).at(-1)?.id),
      promotion: String((await list('promotions', 'promotions')).at(-1)?.id),
      view: first(features.views, 'feature view').name,
    };
  }

  /** The address of a route, filled with things of the example. */
  function addressOf(route: string): string {
    const filled = route
      .split('/')
      .map((part, _, all) => {
        if (part === '$project') return project;
        if (!part.startsWith('$')) return part;
        const name = part === '$run' && all.includes('pipelines') ? 'pipeline-run' : part.slice(1);
        return encodeURIComponent(parts[name] ?? `unknown-${name}`);
      })
      .join('/');
    if (route.endsWith('/runs/compare')) return `${filled}?ids=${parts.runs ?? 'a,b'}`;
    if (route.endsWith('/lineage') && finished)
      return `${filled}?of=${encodeURIComponent(`rondo:model-version:${project}/flight-delay/2`)}`;
    return filled;
  }

  async function open(
    path: string,
    size = WIDE,
    scheme: 'light' | 'dark' = 'light',
    before?: (page: Page) => Promise<unknown>,
  ): Promise<Opened> {
    const context = await browser.newContext({ viewport: size, colorScheme: scheme, timezoneId: 'UTC' });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    await before?.(page);
    await page.goto(`${url}${path}${path.includes('?') ? '&' : '?'}token=${token}`);
    await page.waitForSelector('h1', { timeout: 60_000 });
    return { page, faults };
  }

  /** Until nothing on the page is loading any more. */
  async function settled({ page }: Opened): Promise<void> {
    await page.waitForTimeout(300);
    await page.waitForFunction(() => !document.querySelector('.r-loading, .r-panel[aria-busy]'), undefined, {
      timeout: 60_000,
    });
    await page.waitForTimeout(200);
  }

  /** The text of every cell; of a time the instant, because "22 min ago" is another text a minute later. */
  const cellsOf = (page: Page): Promise<string[]> =>
    page
      .getByRole('gridcell')
      .evaluateAll((cells) =>
        cells.map((cell) => cell.querySelector('time')?.dateTime ?? (cell as HTMLElement).innerText),
      );

  /** Computed numbers that nobody can ask: in leads, numeric cells, estimates, facts, the ring's centre. */
  const bareNumbers = (page: Page): Promise<string[]> =>
    page.evaluate(() => {
      const out: string[] = [];
      const asked = (element: Element) =>
        element.closest('[data-asked], [data-of-asked], [data-raw], a, time, code, .r-status') !== null;
      // Words in which a digit names something: a version, a day, a moment, an id, the total that a proof gives as n.
      const named =
        /\bv\d+|\b\d{1,2} [A-Z][a-z]{2} \d{4}|\d{4}-\d\d-\d\d|\bp\d\d\b|\d\d:\d\d|#\d+|\bof (the newest )?[\d,]+|[A-Za-z_-]+\d[\w-]*|\b(level|Deployment|in|revision|turn|versions?|may still be) \d+(, \d+)*/g;
      const texts = (scope: Element, skip = '') => {
        const walker = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          const text = node.textContent ?? '';
          if (node.parentElement && (asked(node.parentElement) || (skip && node.parentElement.closest(skip))))
            continue;
          if (/\d/.test(text.replaceAll(named, ''))) out.push(`${scope.className}: ${text.trim()}`);
        }
      };
      for (const lead of document.querySelectorAll('.r-lead, .r-ring-centre, .r-alert .r-lead-small'))
        texts(lead);
      for (const cell of document.querySelectorAll('[role="gridcell"][data-number="true"]'))
        if (/\d/.test(cell.textContent ?? '') && !cell.querySelector('[data-asked]'))
          out.push(`cell: ${cell.textContent}`);
      for (const number of document.querySelectorAll(
        '.r-interval-text, .r-delta .r-num-value, .r-num-spread, .r-display, .r-gantt-took',
      ))
        texts(number);
      return out;
    });

  /** Whether an address is one of a page, with parameters that the page knows and takes. */
  function leadsToPage(href: string): boolean {
    const { pathname, searchParams } = new URL(href);
    return ROUTES.some(({ path, search }) => {
      const pattern = `^${path.replaceAll(/\$\w+/g, '[^/]+')}$`;
      const given = Object.fromEntries(searchParams);
      return (
        new RegExp(pattern).test(pathname) &&
        (search ? search.strict().safeParse(given).success : searchParams.size === 0)
      );
    });
  }

  /** The page as it is, then each of its other tabs. */
  async function walkTabs(opened: Opened): Promise<void> {
    const { page } = opened;
    const seen = new Set<string>();
    await walkProofs(page, seen);
    for (const tab of await page.getByRole('tab').all()) {
      if ((await tab.getAttribute('aria-selected')) === 'true') continue;
      await tab.click();
      await settled(opened);
      await walkProofs(page, seen);
    }
  }

  /** Opens one number of each kind that was not opened before: its proof says what it is, and leads on. */
  async function walkProofs(page: Page, seen: Set<string>): Promise<void> {
    expect(await bareNumbers(page)).toEqual([]);
    const numbers = page.locator('[data-asked]:visible');
    for (let index = 0; index < Math.min(await numbers.count(), 40); index++) {
      const number = numbers.nth(index);
      const kind = await number.evaluate((element) => {
        const cell = element.closest('[role="gridcell"]');
        return cell
          ? `${element.closest('[role="grid"]')?.getAttribute('aria-label')} column ${[...(cell.parentElement?.children ?? [])].indexOf(cell)}`
          : (element.closest('.r-facts > div')?.textContent ?? element.textContent ?? '');
      });
      if (seen.has(kind)) continue;
      seen.add(kind);
      await number.click();
      const proof = page.getByRole('dialog', { name: 'Where this number comes from' });
      await proof.waitFor({ timeout: 60_000 });
      expect((await proof.locator('.r-proof-definition').innerText()).length, kind).toBeGreaterThan(10);
      const links = await proof
        .getByRole('link')
        .evaluateAll((found) => found.map((link) => (link as HTMLAnchorElement).href));
      expect(
        links.length + (await proof.getByText('Copy as query').count()),
        `${kind} leads to nothing`,
      ).toBeGreaterThan(0);
      expect(
        links.filter((link) => !leadsToPage(link)),
        kind,
      ).toEqual([]);
      await page.keyboard.press('Escape');
      await proof.waitFor({ state: 'detached', timeout: 60_000 });
    }
  }

  describe.each(LOOKED_AT)('%s', (route) => {
    it('has a title, an empty console, nothing too wide and no violation that axe finds, wide and narrow, light and dark', async () => {
      const opened = await open(addressOf(route));
      await settled(opened);
      const { page, faults } = opened;
      expect(await page.locator('h1').first().innerText()).not.toMatch(/no page|not found/i);
      expect(page.url()).not.toContain('token=');
      for (const { size, scheme } of LOOKS) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.setViewportSize(size);
        await settled(opened);
        const look = `${size.width} ${scheme}`;
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
          look,
        ).toBeLessThanOrEqual(0);
        expect(await violationsOf(page), look).toEqual([]);
      }
      expect(faults).toEqual([]);
      await page.context().close();
    });

    it('shows bars while it loads and what failed when it does', async () => {
      if (route === '/p/$project/lineage' && !finished) return;
      let answer = () => {};
      const gate = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const opened = await open(addressOf(route), WIDE, 'light', (page) =>
        page.route(/\/(api\/v1\/(?!events|projects$|me|version)|ajax-api|api\/[23]\.0)/, async (call) => {
          await gate;
          await call.fulfill({
            status: 403,
            contentType: 'application/json',
            body: JSON.stringify({
              code: 'FORBIDDEN',
              error_code: 'PERMISSION_DENIED',
              message: 'This was not answered, to see what the page says.',
            }),
          });
        }),
      );
      const { page } = opened;
      await page.waitForSelector('.r-loading', { timeout: 60_000 });
      answer();
      await page.waitForSelector('.r-fault[role="alert"]', { timeout: 60_000 });
      expect(await page.locator('.r-fault').first().innerText()).toMatch(/Try again|Copy details/);
      await page.context().close();
    });
  });

  describe.runIf(finished)('the finished example', () => {
    it.each(WITH_THINGS)('%s: every computed number opens a proof that leads on', async (route) => {
      const opened = await open(addressOf(route));
      await settled(opened);
      await walkTabs(opened);
      await opened.page.context().close();
    });

    it('every rollout and every monitor, in whatever state: numbers open proofs that lead on', async () => {
      const opened = await open(`/p/${project}/rollouts`);
      const base = `/api/v1/projects/${project}`;
      const { rollouts } = await ask<{ rollouts: { id: number }[] }>(`${base}/rollouts`);
      const { monitors } = await ask<{ monitors: { name: string }[] }>(`${base}/monitors`);
      const things = [
        ...rollouts.map(({ id }) => `rollouts/${id}`),
        ...monitors.map(({ name }) => `monitors/${name}`),
      ];
      for (const thing of things) {
        await opened.page.goto(`${url}/p/${project}/${thing}`);
        await opened.page.waitForSelector('h1');
        await settled(opened);
        await walkTabs(opened);
      }
      await opened.page.context().close();
    });

    it('links of lineage lead to pages', async () => {
      const graph = await ask<{ nodes: { urn: string; href: string | null }[] }>(
        `/api/v1/lineage?of=${encodeURIComponent(parts.prediction ?? '')}&direction=up&depth=20&limit=300`,
      );
      const patterns = ROUTES.map(
        ({ path }) => new RegExp(`^${path.replaceAll(/\$\w+/g, '[^/]+').replaceAll('.', String.raw`\.`)}$`),
      );
      const lost = graph.nodes
        .filter((node) => node.href !== null)
        .filter((node) => !patterns.some((pattern) => pattern.test((node.href ?? '').split('?')[0] ?? '')));
      expect(lost).toEqual([]);
      expect(graph.nodes.length).toBeGreaterThan(8);
    });

    it('keeps order, choice and window in the address: a fresh window, back and a second tab show the same', async () => {
      const runs = await open(`/p/${project}/experiments`);
      await settled(runs);
      const before = await cellsOf(runs.page);
      await runs.page
        .getByRole('columnheader', { name: /train_log_loss/ })
        .getByRole('button')
        .click();
      await runs.page.waitForURL(/sort=/);
      await expect.poll(() => cellsOf(runs.page)).not.toEqual(before);
      await settled(runs);
      const order = await cellsOf(runs.page);
      const again = await open(new URL(runs.page.url()).pathname + new URL(runs.page.url()).search);
      await settled(again);
      expect(await cellsOf(again.page)).toEqual(order);

      const { page } = runs;
      await page.goto(`${url}/p/${project}/monitors/${parts.monitor}`);
      await settled(runs);
      const newest = await page.locator('.r-panel h2').nth(1).innerText();
      await page.keyboard.press('[');
      await page.waitForURL(/[?&]w=/);
      const older = await page.locator('.r-panel h2').nth(1).innerText();
      expect(older).not.toBe(newest);
      const twin = await runs.page.context().newPage();
      await twin.goto(page.url());
      await twin.waitForSelector('.r-panel h2');
      await expect.poll(() => twin.locator('.r-panel h2').nth(1).innerText()).toBe(older);
      await page.goBack();
      await expect.poll(() => page.locator('.r-panel h2').nth(1).innerText()).toBe(newest);
      await page.goForward();
      await expect.poll(() => page.locator('.r-panel h2').nth(1).innerText()).toBe(older);
      await page.context().close();
      await again.page.context().close();
    });

    it('drops what is broken in an address and says so', async () => {
      const { page } = await open(`/p/${project}/monitors/${parts.monitor}?w=soon`);
      await page.getByText('The address has no valid w').waitFor({ timeout: 60_000 });
      await page.waitForSelector('.r-chart');
      await page.context().close();
    });

    describe('keys on every list', () => keysOnLists(project, () => ({ browser, server })));

    it('is driven by keys: palette, help, rows, choice and comparison', async () => {
      const opened = await open(`/p/${project}/experiments`);
      await settled(opened);
      const { page } = opened;
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('/');
      expect(await page.evaluate(() => document.activeElement?.matches('[data-filter]'))).toBe(true);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.press('Escape');
      const grid = page.getByRole('grid', { name: 'Runs' });
      await grid.focus();
      for (const key of ['x', 'j', 'x']) await page.keyboard.press(key);
      await page.waitForURL(/sel=/);
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await page.keyboard.press('c');
      await page.waitForURL(/runs\/compare/);
      // Each of them logged its metrics once.
      await page.getByRole('region', { name: 'Numbers' }).waitFor();
      await page.context().close();
    });
  });

  it('opens nothing for a page of another origin', async () => {
    const response = await fetch(`${url}/api/v1/projects/${project}`, {
      headers: { origin: 'http://evil.example', authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(403);
  });
});
