import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parse } from 'yaml';
import type { CommandContext } from '../../lib/command.ts';
import { invalid } from '../../lib/errors.ts';
import { textTable } from '../../lib/table.ts';
import { projectsContract } from './contract.ts';
import { ProjectFile } from './schema.ts';

export function projectsCommand(program: Command, context: CommandContext): void {
  const noun = program.command('projects').description('Projects, their charter and environments');
  noun
    .command('list')
    .description('All projects')
    .action(async () => {
      const { projects } = await context.client(projectsContract).listProjects({});
      const rows = projects.map((project) => [
        project.name,
        project.title,
        project.environments.map((each) => each.name).join(' → '),
        project.charter?.question ?? '',
      ]);
      context.print(projects, textTable(['PROJECT', 'TITLE', 'ENVIRONMENTS', 'QUESTION'], rows));
    });
  noun
    .command('apply <file>')
    .description('Make a project what its file (rondo.yaml) says')
    .action(async (file: string) => {
      const read = ProjectFile.safeParse(parse(readFileSync(file, 'utf8')));
      if (!read.success) {
        const faults = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
        throw invalid(
          `${file} is not a usable project file: ${faults.slice(0, 5).join('; ')}.`,
          'examples/flights/rondo.yaml shows a whole one.',
        );
      }
      const project = await context
        .client(projectsContract)
        .applyProject({ params: { project: read.data.project }, body: read.data });
      context.print(project, `Project ${project.name} is at revision ${project.revision}.`);
    });
}
