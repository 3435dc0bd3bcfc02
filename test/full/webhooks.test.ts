import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BrowsedServer, browsedServer, settled, violationsOf } from '../harness/browser.ts';
import type { ServerProcess } from '../harness/process.ts';

const receiver = createServer((request, response) => {
  request.resume();
  request.on('end', () => response.end('heard'));
});
let server: ServerProcess;
let browsed: BrowsedServer;
let page: Page;
let faults: string[];

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  browsed = await browsedServer({ env: { RONDO_WEBHOOK_ALLOW: '127.0.0.1' } });
  ({ server } = browsed);
  ({ page, faults } = await browsed.open('/p/default/settings?tab=webhooks'));
});
afterAll(async () => {
  await browsed?.end();
  await new Promise((resolve) => receiver.close(resolve));
});

const dialog = () => page.getByRole('dialog');
const press = (name: string) => dialog().getByRole('button', { name, exact: true }).click();

it('makes, tests, watches and deletes a webhook on the settings page', async () => {
  await settled(page);
  await page.getByText('Nobody hears yet').waitFor();
  await page.getByRole('button', { name: 'Make a webhook' }).click();
  await dialog().getByLabel('Name', { exact: true }).fill('ci');
  await dialog().getByLabel('Address').fill('https://10.0.0.1/in');
  await dialog().getByLabel('Secret').fill('a secret of ours');
  await dialog().getByLabel('registered model created').check();
  expect(await violationsOf(page)).toEqual([]);
  await press('Make the webhook');
  await dialog().getByText('must not resolve to a non-public IP address').waitFor();
  const { port } = receiver.address() as AddressInfo;
  await dialog().getByLabel('Address').fill(`http://127.0.0.1:${port}/in`);
  await press('Make the webhook');
  await dialog().waitFor({ state: 'detached' });
  await page.getByRole('row', { name: /^ci / }).waitFor();
  expect(await violationsOf(page)).toEqual([]);

  const made = await fetch(`${server.url}/api/2.0/mlflow/registered-models/create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'heard-of' }),
  });
  expect(made.status).toBe(200);
  await page.getByRole('row', { name: /^ci / }).getByRole('button', { name: 'ci', exact: true }).click();
  await dialog()
    .getByRole('row', { name: /registered_model\.created delivered/ })
    .waitFor();
  await press('Post an example');
  await page.getByText('The receiver answered 200.').waitFor();
  expect(await violationsOf(page)).toEqual([]);
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, 'webhook.png') });
  await press('Delete the webhook');
  await press('Delete it with its log');
  await dialog().waitFor({ state: 'detached' });
  await page.getByText('Nobody hears yet').waitFor();
  expect(faults.filter((each) => !each.includes('400'))).toEqual([]);
});
