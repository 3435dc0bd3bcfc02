import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { textTable } from '../../lib/table.ts';
import { rolloutsContract } from './contract.ts';

export function rolloutsCommand(program: Command, context: CommandContext): void {
  program
    .command('rollouts')
    .description('Candidates tested against champions')
    .command('list')
    .description('Rollouts with their verdicts, newest first')
    .action(async () => {
      const { rollouts } = await context
        .client(rolloutsContract)
        .listRollouts({ params: { project: context.project() } });
      const rows = rollouts.map((rollout) => [
        rollout.id,
        rollout.endpoint,
        `v${rollout.candidate} against v${rollout.champion}`,
        rollout.verdict ?? rollout.state,
        rollout.sentence,
      ]);
      context.print(
        rollouts,
        textTable(['ROLLOUT', 'ENDPOINT', 'ARMS', 'STATE', 'VERDICT'], rows) || 'No rollouts yet.',
      );
    });
}
