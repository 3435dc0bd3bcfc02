import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrowsedServer, browsedServer, settled, violationsOf } from '../harness/browser.ts';

const PROMPT = { key: 'mlflow.prompt.is_prompt', value: 'true' };
let browsed: BrowsedServer;
let page: Page;
let faults: string[];

const post = (path: string, body: object) => browsed.mlflow('POST', `/${path}`, body);

beforeAll(async () => {
  browsed = await browsedServer();
  await post('registered-models/create', { name: 'a-model' });
  await post('registered-models/create', {
    name: 'greeting',
    tags: [PROMPT, { key: 'tone', value: 'warm' }],
  });
  const texts = ['Hello {{name}},\nhow are you?', 'Dear {{name}},\nhow are you?', 'Dear {{name}},\nwelcome.'];
  for (const [at, value] of texts.entries())
    await post('model-versions/create', {
      name: 'greeting',
      source: 'prompt-template',
      description: `change ${at + 1}`,
      tags: [PROMPT, { key: 'mlflow.prompt.text', value }],
    });
  await post('registered-models/alias', { name: 'greeting', alias: 'live', version: '2' });
  ({ page, faults } = await browsed.open('/p/default/overview'));
});
afterAll(async () => {
  await browsed?.end();
});

it('lists prompts apart from models, and shows what a version changed', async () => {
  await page.getByRole('link', { name: 'Prompts', exact: true }).click();
  await page.locator('h1', { hasText: 'Prompts' }).waitFor();
  await settled(page);
  const row = page.getByRole('row', { name: /^greeting v3 live v2 tone: warm/ });
  await row.waitFor();
  expect(await page.getByText('a-model').count()).toBe(0);
  expect(await violationsOf(page)).toEqual([]);
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, 'prompts.png') });

  await row.getByRole('link', { name: 'greeting' }).click();
  await page.locator('h1', { hasText: 'greeting' }).waitFor();
  await settled(page);
  const diff = page.locator('.r-diff');
  await diff.getByText('welcome.').waitFor();
  expect(await diff.getByText('how are you?').count()).toBe(1);
  if (process.env.SHOTS)
    await page.screenshot({ path: join(process.env.SHOTS, 'prompt.png'), fullPage: true });
  expect(await violationsOf(page)).toEqual([]);
  await page.getByRole('link', { name: 'v2', exact: true }).click();
  await diff.getByText('Hello {{name}},').waitFor();
  expect(new URL(page.url()).search).toBe('?v=2');

  await page.getByRole('link', { name: 'Models', exact: true }).click();
  await page.getByText('a-model').waitFor();
  expect(await page.getByText('greeting').count()).toBe(0);
  expect(faults).toEqual([]);
});
