import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { invalid } from '../../lib/errors.ts';
import { textTable } from '../../lib/table.ts';
import { servingContract } from './contract.ts';
import type { ChangeOutcome } from './schema/control.ts';

/** `models:/NAME/VERSION`, or `NAME/VERSION`. */
export function parseModel(text: string): { model: string; version: number } {
  const match = /^(?:models:\/)?([^/]+)\/v?(\d+)$/.exec(text);
  if (!match)
    throw invalid(
      `'${text}' names no model version.`,
      'Write models:/NAME/VERSION, for example models:/flight-delay/3.',
    );
  return { model: match[1] as string, version: Number(match[2]) };
}

export function endpointsCommand(program: Command, context: CommandContext): void {
  const noun = program
    .command('endpoints')
    .description('Stable addresses, what answers behind them, and their traffic');
  const client = () => context.client(servingContract);
  const say = (outcome: ChangeOutcome) =>
    context.print(outcome, outcome.status === 'applied' ? outcome.endpoint.lead.text : outcome.message);

  noun
    .command('list')
    .description('Endpoints of the project')
    .action(async () => {
      const { endpoints } = await client().listEndpoints({ params: { project: context.project() } });
      const rows = endpoints.map((endpoint) => [
        endpoint.name,
        endpoint.environment,
        endpoint.arms
          .map(
            (arm) =>
              `${arm.model} v${arm.version} ${arm.shadow && arm.weight === 0 ? 'shadow' : `${Math.round(arm.weight * 100)}%`}`,
          )
          .join(', '),
        endpoint.predictions,
        endpoint.url,
      ]);
      context.print(
        endpoints,
        textTable(['ENDPOINT', 'ENVIRONMENT', 'TRAFFIC', 'PREDICTIONS', 'ADDRESS'], rows) ||
          'No endpoints yet. `rondo endpoints deploy ENDPOINT --model models:/NAME/VERSION` makes one.',
      );
    });
  noun
    .command('deploy <endpoint>')
    .description(
      'Put a model version behind an endpoint; a protected environment gets a promotion request instead',
    )
    .requiredOption('--model <uri>', 'models:/NAME/VERSION')
    .option('--traffic <percent>', 'share of the units, 1 to 100', '100')
    .option('--shadow', 'score the same requests, answer none')
    .option('--env <environment>', 'environment of the endpoint', 'dev')
    .option('--unit <column>', 'request column that keeps a unit on its arm')
    .action(
      async (
        endpoint: string,
        flags: { model: string; traffic: string; shadow?: boolean; env: string; unit?: string },
      ) => {
        const traffic = Number(flags.traffic) / 100;
        if (!(traffic > 0 && traffic <= 1))
          throw invalid(`'${flags.traffic}' is no share.`, 'Give a percentage from 1 to 100.');
        const body = {
          ...parseModel(flags.model),
          environment: flags.env,
          traffic,
          shadow: flags.shadow === true,
          ...(flags.unit === undefined ? {} : { unit: flags.unit }),
        };
        say(await client().deploy({ params: { project: context.project(), endpoint }, body }));
      },
    );
  noun
    .command('rollback <endpoint>')
    .description('Back to the version that answered before; always allowed')
    .option('--to <deployment>', 'number of a deployment that was champion here')
    .action(async (endpoint: string, flags: { to?: string }) => {
      const body = flags.to === undefined ? {} : { to: Number(flags.to) };
      say(await client().rollBack({ params: { project: context.project(), endpoint }, body }));
    });
}
