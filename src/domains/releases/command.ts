import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { releasesContract } from './contract.ts';
import type { Promotion } from './schema.ts';
import { isOver } from './states.ts';

/** `rondo models promote`: the verb stands with the models, the gates with the releases. */
export function promoteCommand(program: Command, context: CommandContext): void {
  const noun = program.commands.find((command) => command.name() === 'models') ?? program.command('models');
  noun
    .command('promote <name> <version>')
    .description('Ask for a version in an environment; it walks the environments before that first')
    .requiredOption('--to <environment>', 'environment')
    .option('--wait', 'wait until it is there or refused; exits with 1 when refused')
    .action(async (name: string, version: string, flags: { to: string; wait?: boolean }) => {
      const client = context.client(releasesContract);
      const project = context.project();
      let promotion = await client.promote({
        params: { project },
        body: { model: name, version: Number(version), to: flags.to },
      });
      while (flags.wait && !(await reached(promotion))) {
        context.progress(`${promotion.environment}: ${promotion.sentence}`);
        await new Promise((resolve) => setTimeout(resolve, 500));
        const { promotions } = await client.listPromotions({
          params: { project },
          query: { model: name, version: Number(version) },
        });
        promotion = promotions[0] ?? promotion;
      }
      context.print(promotion, text(promotion));
      if (flags.wait && promotion.state !== 'done') context.fail();

      async function reached(now: Promotion): Promise<boolean> {
        return isOver(now.state) && (now.state !== 'done' || now.environment === flags.to);
      }
    });
}

const MARK = { passed: '✓', failed: '✗', skipped: '–' } as const;
const text = (promotion: Promotion): string =>
  [
    promotion.sentence,
    ...promotion.gates.map((gate) => `  ${MARK[gate.state]} ${gate.name}: ${gate.sentence}`),
  ].join('\n');
