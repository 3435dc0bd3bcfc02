import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { textTable } from '../../lib/table.ts';
import { approvalsContract } from './contract.ts';
import type { Approval } from './schema.ts';

export function approvalsCommand(program: Command, context: CommandContext): void {
  const noun = program.command('approvals').description('What waits for the yes of a person');
  noun
    .command('list')
    .description('Open requests, newest first')
    .option('--all', 'decided ones too')
    .action(async (flags: { all?: boolean }) => {
      const query = { project: context.project(), ...(flags.all ? {} : { state: 'open' as const }) };
      const { approvals } = await context.client(approvalsContract).listApprovals({ query });
      const rows = approvals.map((approval) => [
        approval.id,
        approval.state,
        approval.title,
        approval.requested_by,
        `${approval.votes.filter((vote) => vote.yes).length} of ${approval.needed}`,
      ]);
      context.print(
        approvals,
        textTable(['REQUEST', 'STATE', 'TITLE', 'ASKED BY', 'YES'], rows) || 'Nothing waits for you.',
      );
    });
  for (const [verb, yes, description] of [
    ['approve', true, 'Say yes to exactly what the request shows now'],
    ['reject', false, 'Say no'],
  ] as const) {
    noun
      .command(`${verb} <id>`)
      .description(description)
      .option('--comment <text>', 'why', '')
      .action(async (id: string, { comment }: { comment: string }) => {
        const client = context.client(approvalsContract);
        const params = { id: Number(id) };
        const { digest } = await client.getApproval({ params });
        const approval = await client.vote({ params, body: { yes, comment, digest } });
        context.print(approval, outcome(approval));
      });
  }
}

function outcome({ id, title, state, needed, votes, reason }: Approval): string {
  const given = votes.filter((vote) => vote.yes).length;
  if (state === 'open') return `Request ${id} (${title}) has ${given} of ${needed} yes.`;
  return `Request ${id} (${title}) is ${state}${reason ? `: ${reason}` : '.'}`;
}
