import type { Command } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { lineageContract } from './contract.ts';
import type { LineageGraph } from './schema.ts';

export function lineageCommand(program: Command, context: CommandContext): void {
  const noun = program.command('lineage').description('Where things come from and what came of them');
  noun
    .command('show <thing>')
    .description('Walk from a URN or a prediction id')
    .option('--down', 'what came of it, instead of what it came from')
    .option('--depth <number>', 'how many steps', '20')
    .action(async (thing: string, options: { down?: boolean; depth: string }) => {
      const direction = options.down ? ('down' as const) : ('up' as const);
      const query = { of: thing, direction, depth: options.depth };
      const graph = await context.client(lineageContract).walkLineage({ query });
      context.print(graph, drawn(graph, direction));
    });
}

/** The graph as an indented tree; what was shown before is named again without its branches. */
function drawn(graph: LineageGraph, direction: 'up' | 'down'): string {
  const titles = new Map(graph.nodes.map((node) => [node.urn, node.title]));
  const seen = new Set<string>();
  const lines: string[] = [];
  const draw = (urn: string, relation: string, depth: number) => {
    const title = titles.get(urn);
    const again = seen.has(urn) ? ' (see above)' : '';
    lines.push(`${'  '.repeat(depth)}${relation}${title ?? 'nothing recorded'}  ${urn}${again}`);
    if (again) return;
    seen.add(urn);
    for (const link of graph.links) {
      if (direction === 'up' && link.from === urn) draw(link.to, `${link.relation} `, depth + 1);
      if (direction === 'down' && link.to === urn) draw(link.from, `${link.relation} by `, depth + 1);
    }
  };
  draw(graph.root, '', 0);
  for (const gap of graph.gaps) lines.push(`gap: ${gap.urn}: ${gap.missing}`);
  if (graph.truncated) lines.push('There is more; the walk was cut off.');
  return lines.join('\n');
}
