import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parse } from 'yaml';
import type { CommandContext } from '../../lib/command.ts';
import { invalid } from '../../lib/errors.ts';
import { textTable } from '../../lib/table.ts';
import { automationContract } from './contract.ts';
import { RuleFile } from './schema/rule.ts';

export function rulesCommand(program: Command, context: CommandContext): void {
  const noun = program.command('rules').description('What starts by itself, and when');
  const client = () => context.client(automationContract);
  noun
    .command('list')
    .description('Rules with what they did lately')
    .action(async () => {
      const { rules } = await client().listRules({ params: { project: context.project() } });
      const rows = rules.map((rule) => [rule.name, rule.state, rule.counts.done ?? 0, rule.sentence]);
      context.print(rules, textTable(['RULE', 'STATE', 'RAN', 'WHAT IT DOES'], rows) || 'No rules yet.');
    });
  noun
    .command('apply <file>')
    .description('Make rules what a YAML file says (the part `rules:`)')
    .option('--prune', 'remove rules that came by file and are not in it')
    .action(async (file: string, flags: { prune?: boolean }) => {
      const { rules: found } = (parse(readFileSync(file, 'utf8')) ?? {}) as { rules?: unknown };
      const read = RuleFile.safeParse({ rules: found });
      if (!read.success) {
        const faults = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
        throw invalid(
          `${file} holds no usable rules: ${faults.slice(0, 5).join('; ')}.`,
          'A rule has name, when, do, and may have if and guard.',
        );
      }
      const { rules } = await client().applyRules({
        params: { project: context.project() },
        query: { prune: flags.prune ? 'true' : 'false' },
        body: read.data,
      });
      context.print(rules, rules.map((rule) => `${rule.name}: ${rule.sentence}`).join('\n'));
    });
  noun
    .command('pause <rule>')
    .description('Stop a rule from firing until it is resumed')
    .option('--reason <text>', 'why')
    .action(async (rule: string, flags: { reason?: string }) => {
      const params = { project: context.project(), rule };
      const paused = await client().pauseRule({ params, body: flags });
      context.print(paused, `${rule} is paused. \`rondo rules resume ${rule}\` lets it fire again.`);
    });
  noun
    .command('resume <rule>')
    .description('Let a rule fire again; closes its breaker')
    .action(async (rule: string) => {
      const params = { project: context.project(), rule };
      context.print(await client().resumeRule({ params }), `${rule} fires again.`);
    });
}
