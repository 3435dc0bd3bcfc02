import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { textTable } from '../../lib/table.ts';
import { registryContract } from './contract.ts';
import { webhooksContract } from './contract/webhooks.ts';
import type { RegisteredModel } from './schema.ts';
import type { Webhook } from './schema/webhook.ts';

export function modelsCommand(program: Command, context: CommandContext): void {
  const noun = program.command('models').description('Registered models and their versions');
  noun
    .command('list')
    .description('Models with their newest version and aliases')
    .action(async () => {
      const client = context.client(registryContract);
      const models: RegisteredModel[] = [];
      let page_token: string | undefined;
      do {
        const query = { max_results: 1000, ...(page_token ? { page_token } : {}) };
        const page = await client.searchRegisteredModels({ query });
        models.push(...(page.registered_models ?? []));
        page_token = page.next_page_token;
      } while (page_token);
      const rows = models.map(({ name, latest_versions = [], aliases = [], description }) => {
        const newest = latest_versions.toSorted((a, b) => Number(b.version) - Number(a.version))[0];
        const names = aliases.map(({ alias, version }) => `${alias}=${version}`).join(' ');
        return [name, newest ? Number(newest.version) : null, names, description ?? ''];
      });
      const table = textTable(['MODEL', 'VERSION', 'ALIASES', 'DESCRIPTION'], rows);
      context.print(models, table || 'No registered models yet.');
    });
}

export function webhooksCommand(program: Command, context: CommandContext): void {
  const noun = program.command('webhooks').description('Addresses that hear what happens in the registry');
  const client = () => context.client(webhooksContract);
  noun
    .command('list')
    .description('Webhooks with what they hear')
    .action(async () => {
      const webhooks: Webhook[] = [];
      let page_token: string | undefined;
      do {
        const page = await client().listWebhooks({
          query: { max_results: 1000, ...(page_token ? { page_token } : {}) },
        });
        webhooks.push(...(page.webhooks ?? []));
        page_token = page.next_page_token;
      } while (page_token);
      const rows = webhooks.map((hook) => [
        hook.webhook_id,
        hook.name,
        hook.status.toLowerCase(),
        hook.events.map(({ entity, action }) => `${entity}.${action}`.toLowerCase()).join(' '),
        hook.url,
      ]);
      const table = textTable(['ID', 'NAME', 'STATUS', 'HEARS', 'ADDRESS'], rows);
      context.print(webhooks, table || 'No webhooks yet.');
    });
  noun
    .command('deliveries <webhook>')
    .description('The last deliveries of a webhook, newest first')
    .option('--limit <count>', 'at most 100', '20')
    .action(async (webhook: string, { limit }: { limit: string }) => {
      const params = { project: context.project(), webhook };
      const { deliveries } = await client().listDeliveries({ params, query: { limit } });
      const rows = deliveries.map((each) => [
        new Date(each.created_at).toISOString(),
        each.event,
        each.state,
        each.attempts,
        each.status ?? '',
        each.next_at === null ? '' : new Date(each.next_at).toISOString(),
        each.error ?? '',
      ]);
      const head = ['TIME', 'EVENT', 'STATE', 'ATTEMPTS', 'STATUS', 'NEXT', 'ERROR'];
      context.print(deliveries, textTable(head, rows) || 'Nothing was delivered yet.');
    });
  noun
    .command('test <webhook>')
    .description('Post an example now; ends with 1 when the receiver does not take it')
    .action(async (webhook: string) => {
      const { result } = await client().testWebhook({ params: { webhook_id: webhook }, body: {} });
      const { success, response_status, error_message } = result;
      const answered = `The receiver answered ${response_status}.`;
      context.print(result, error_message ?? (success ? `${answered} It is heard.` : answered));
      if (!success) process.exitCode = 1;
    });
}
