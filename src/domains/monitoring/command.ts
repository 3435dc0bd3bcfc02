import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { textTable } from '../../lib/table.ts';
import { monitoringContract } from './contract.ts';

export function monitorsCommand(program: Command, context: CommandContext): void {
  program
    .command('monitors')
    .description('What is watched')
    .command('list')
    .description('Monitors with their state')
    .action(async () => {
      const { monitors } = await context
        .client(monitoringContract)
        .listMonitors({ params: { project: context.project() } });
      const rows = monitors.map((monitor) => [
        monitor.name,
        monitor.spec.kind,
        monitor.spec.endpoint,
        monitor.state,
        monitor.lead.text,
      ]);
      context.print(
        monitors,
        textTable(['MONITOR', 'KIND', 'ENDPOINT', 'STATE', 'LAST WINDOW'], rows) || 'No monitors yet.',
      );
    });
}
