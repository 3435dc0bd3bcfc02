import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { formatBytes } from '../../lib/format.ts';
import { trashContract } from './contract/trash.ts';
import type { PurgePreview } from './schema.ts';

interface Options {
  run: string[];
  experiment: string[];
  digest?: string;
}

const many = (value: string, before: string[]) => [...before, value];

export function trashCommand(program: Command, context: CommandContext): void {
  const noun = program
    .command('trash')
    .description('Runs and experiments that were deleted and can be restored');
  const which = (verb: Command) =>
    verb
      .option('--run <id>', 'only this run (may be given several times)', many, [])
      .option(
        '--experiment <id>',
        'only this experiment with all its runs (may be given several times)',
        many,
        [],
      );
  const meant = ({ run, experiment }: Options) => ({ run_ids: run, experiment_ids: experiment });
  const client = () => context.client(trashContract);

  which(noun.command('show').description('What deleting for good would remove, and what came of it')).action(
    async (options: Options) => {
      const params = { project: context.project() };
      const preview = await client().previewPurge({ params, body: meant(options) });
      context.print(preview, described(preview));
    },
  );
  which(noun.command('purge').description('Delete for good; names are free at once'))
    .requiredOption('--digest <digest>', 'of what `rondo trash show` showed: nothing else is deleted')
    .action(async (options: Options) => {
      const params = { project: context.project() };
      const body = { ...meant(options), digest: options.digest ?? '' };
      const gone = await client().purge({ params, body });
      context.print(gone, `Deleted for good: ${gone.runs} runs, ${gone.experiments} experiments.`);
    });
}

function described(preview: PurgePreview): string {
  if (preview.runs === 0 && preview.experiments === 0) return 'Nothing of it is in the trash.';
  const lines = [
    `${preview.runs} runs and ${preview.experiments} experiments with ${preview.points} points, ${preview.logged_models} logged models`,
    `and ${preview.files} files of ${formatBytes(preview.bytes)}; ${formatBytes(preview.freed_bytes)} of them are nowhere else.`,
  ];
  if (preview.dependents.length > 0) {
    lines.push('', 'These came of it. They stay, but where they came from will no longer be found:');
    for (const { urn, title } of preview.dependents) lines.push(`  ${title}  ${urn}`);
    if (preview.more) lines.push('  … and more');
  }
  lines.push(
    '',
    `To delete it for good: rondo trash purge --digest ${preview.digest}, with the same --run and --experiment.`,
  );
  return lines.join('\n');
}
