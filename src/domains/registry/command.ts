import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { textTable } from '../../lib/table.ts';
import { registryContract } from './contract.ts';
import type { RegisteredModel } from './schema.ts';

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
