import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTestReport } from '../../lib/test-report.ts';
import type { Rondo } from '../../sdk/index.ts';

const LAST_LINES = 5;

/**
 * Runs the tests of an example against the server and reports each file as a suite of the commit that is checked out.
 * Answers with one line for people. Nothing is reported without Vitest (a development dependency) or without a commit,
 * and no suite twice: an earlier start may have been cut short.
 */
export async function reportTests(
  rondo: Rondo,
  options: {
    root: string;
    example: string;
    commit: string | null;
    environment: NodeJS.ProcessEnv;
  },
): Promise<string> {
  const { root, example, commit } = options;
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  if (commit === null)
    return 'The tests were not reported: this is no git checkout, so there is no commit they are of.';
  if (!existsSync(vitest)) return 'The tests were not run: the development dependencies are not installed.';
  const known = (await rondo.maturity.listCiResults({ query: { commit, limit: 500 } })).results;

  const folder = mkdtempSync(join(tmpdir(), 'rondo-tests-'));
  try {
    const file = join(folder, 'report.json');
    const config = join(root, example, 'vitest.config.ts');
    const said = await run([vitest, 'run', '--config', config, '--reporter=json', `--outputFile=${file}`], {
      cwd: root,
      env: { ...options.environment, RONDO_URL: rondo.url, RONDO_TOKEN: rondo.token ?? '' },
    });
    if (!existsSync(file)) return `The tests did not run: ${said}`;
    const outcomes = readTestReport(readFileSync(file, 'utf8'));
    const reported = new Set(known.map((result) => result.suite));
    for (const { suite, passed, failed, skipped } of outcomes)
      if (!reported.has(suite))
        await rondo.maturity.reportCi({ body: { commit, suite, passed, failed, skipped } });
    const sum = (of: 'passed' | 'failed') => outcomes.reduce((total, each) => total + each[of], 0);
    return `${sum('passed')} tests passed and ${sum('failed')} failed in ${outcomes.length} suites of ${commit.slice(0, 12)}.`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Settles when the program ended, with the last lines that it printed. */
function run(args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const hear = (part: Buffer) => {
      said = (said + part.toString('utf8')).slice(-10_000);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('exit', () => resolve(said.trimEnd().split('\n').slice(-LAST_LINES).join(' / ')));
  });
}
