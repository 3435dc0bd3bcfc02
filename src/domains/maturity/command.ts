import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { CommandContext } from '../../lib/command.ts';
import { invalid } from '../../lib/errors.ts';
import { textTable } from '../../lib/table.ts';
import { readTestReport, totalOf } from '../../lib/test-report.ts';
import { maturityContract } from './contract.ts';
import { CI_KINDS, type CiKind, type Finding } from './schema.ts';

interface ReportOptions {
  suite?: string;
  kind?: CiKind;
  commit?: string;
  file?: string;
  passed?: string;
  failed?: string;
  skipped?: string;
  url?: string;
}

/** `head` answers with the commit that is checked out here, null outside of a git checkout. */
export function maturityCommand(
  program: Command,
  context: CommandContext,
  head: () => Promise<string | null>,
): void {
  program
    .command('ci')
    .description('Outcomes of tests and builds')
    .command('report')
    .description('Report the tests of a commit: from a report file, or as counts')
    .option('--suite <name>', 'name of the suite', 'unit')
    .addOption(
      new Option('--kind <kind>', 'what the suite is; told from its name when left out').choices(CI_KINDS),
    )
    .option('--commit <commit>', 'the tested commit; the one checked out here when left out')
    .option('--file <report>', 'JSON report of Vitest or Jest, or JUnit XML')
    .option('--passed <count>', 'tests that passed')
    .option('--failed <count>', 'tests that failed')
    .option('--skipped <count>', 'tests that were left out')
    .option('--url <url>', 'page of the CI run')
    .action(async (options: ReportOptions) => {
      const { suite = 'unit', kind, url } = options;
      const commit = options.commit ?? (await head());
      if (commit === null)
        throw invalid('There is no git commit here.', 'Name the tested commit: --commit <commit>.');
      const { passed, failed, skipped } = countsOf(suite, options);
      const result = await context.client(maturityContract).reportCi({
        params: { project: context.project() },
        body: { commit, suite, passed, failed, skipped, ...(kind ? { kind } : {}), ...(url ? { url } : {}) },
      });
      const text = `${result.suite} (${result.kind}) of ${commit.slice(0, 12)}: ${passed} passed, ${failed} failed, ${skipped} skipped.`;
      context.print(result, text);
    });

  program
    .command('maturity')
    .description('How far the practice of a project has come, from its records')
    .command('show')
    .description('The level, each criterion with what was found, and the next step')
    .action(async () => {
      const maturity = await context
        .client(maturityContract)
        .getMaturity({ params: { project: context.project() } });
      const table = textTable(
        ['LEVEL', 'CRITERION', 'STATE', 'FOUND'],
        maturity.criteria.map((each) => [each.level, each.title, each.state, foundOf(each)]),
      );
      const missing = maturity.criteria.find((each) => each.state !== 'pass');
      const { text: lead } = maturity.lead;
      const score = `ML Test Score ${maturity.ml_test_score.score}: ${maturity.ml_test_score.meaning}.`;
      const next = missing ? `Next: ${missing.next.text}.` : '';
      context.print(maturity, [lead, table, score, next].filter(Boolean).join('\n'));
    });
}

function countsOf(
  suite: string,
  options: ReportOptions,
): { passed: number; failed: number; skipped: number } {
  if (options.file !== undefined) return totalOf(readTestReport(readFileSync(options.file, 'utf8')), suite);
  if (options.passed === undefined && options.failed === undefined)
    throw invalid('Nothing is reported.', 'Give --file REPORT, or --passed and --failed.');
  const count = (name: 'passed' | 'failed' | 'skipped') => {
    const text = options[name] ?? '0';
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw invalid(`--${name} must be a whole number, not '${text}'.`);
  };
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

/** What was found of what is needed: `9 of 10`, `2 of 2 needed`, `0.9996`. */
export function foundOf({ found, total, needed }: Pick<Finding, 'found' | 'total' | 'needed'>): string {
  if (found === null) return 'nothing measured';
  if (needed.kind === 'value') return `${found.toFixed(4)}, needed ${needed.at_least}`;
  return total === null ? `${found}, needed ${needed.at_least}` : `${found} of ${total}`;
}
