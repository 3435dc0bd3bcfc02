import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { textTable } from '../../lib/table.ts';
import { monitoringContract } from './contract.ts';
import type { Alert } from './schema.ts';

export function monitorsCommand(program: Command, context: CommandContext): void {
  const monitors = program.command('monitors').description('What is watched');
  const client = () => context.client(monitoringContract);

  monitors
    .command('list')
    .description('Monitors with their state')
    .action(async () => {
      const found = (await client().listMonitors({ params: { project: context.project() } })).monitors;
      const rows = found.map((monitor) => [
        monitor.name,
        monitor.spec.kind,
        monitor.spec.endpoint,
        monitor.state,
        monitor.lead.text,
      ]);
      context.print(
        found,
        textTable(['MONITOR', 'KIND', 'ENDPOINT', 'STATE', 'LAST WINDOW'], rows) || 'No monitors yet.',
      );
    });

  monitors
    .command('alerts')
    .description('Alerts, newest first, and whether they were true ones')
    .action(async () => {
      const { alerts } = await client().listAlerts({ params: { project: context.project() } });
      const rows = alerts.map((alert) => [
        String(alert.id),
        alert.monitor,
        alert.state,
        alarmOf(alert),
        alert.sentence,
      ]);
      context.print(
        alerts,
        textTable(['ALERT', 'MONITOR', 'STATE', 'ALARM', 'WHY'], rows) || 'No alert has opened yet.',
      );
    });

  monitors
    .command('mark <alert>')
    .description('Say whether there was something to do when an alert opened')
    .option('--true', 'there was')
    .option('--false', 'there was not: a false alarm')
    .option('--clear', 'leave it to the records')
    .action(
      async (id: string, flags: { true?: boolean; false?: boolean; clear?: boolean }, command: Command) => {
        const [said, ...others] = (['true', 'false', 'clear'] as const).filter((word) => flags[word]);
        if (said === undefined || others.length > 0)
          command.error('Give one of --true, --false and --clear.');
        const alert = await client().markAlert({
          params: { project: context.project(), id: Number(id) },
          body: { alarm: said === 'clear' ? null : said },
        });
        context.print(alert, `Alert ${alert.id} of ${alert.monitor}: ${alarmOf(alert)}`);
      },
    );
}

function alarmOf({ outcome }: Alert): string {
  if (outcome === null) return 'undecided';
  return `${outcome.alarm}${outcome.by === 'records' ? '' : `, says ${outcome.by}`}`;
}
