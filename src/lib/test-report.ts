import { basename } from 'node:path';
import { invalid } from './errors.ts';

/** Outcome of one test file or suite. */
export interface SuiteOutcome {
  suite: string;
  passed: number;
  failed: number;
  skipped: number;
}

interface JsonReport {
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[];
}

/**
 * Reads what a test runner wrote: the JSON of Vitest and Jest (one outcome per file), or JUnit XML (one per `testsuite`).
 * A file that failed before its first test counts as one failure. Throws INVALID for anything else.
 */
export function readTestReport(text: string): SuiteOutcome[] {
  const outcomes = text.trimStart().startsWith('{') ? fromJson(text) : fromJunit(text);
  if (outcomes.length > 0) return outcomes;
  throw invalid(
    'The report holds no test suite.',
    'Give the JSON report of Vitest or Jest, or JUnit XML: vitest run --reporter=json --outputFile=report.json.',
  );
}

/** All suites as one. */
export function totalOf(outcomes: readonly SuiteOutcome[], suite: string): SuiteOutcome {
  const sum = (of: 'passed' | 'failed' | 'skipped') => outcomes.reduce((total, each) => total + each[of], 0);
  return { suite, passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

function fromJson(text: string): SuiteOutcome[] {
  let report: Partial<JsonReport>;
  try {
    report = JSON.parse(text) as Partial<JsonReport>;
  } catch {
    return [];
  }
  return (report.testResults ?? []).map(({ name, status, assertionResults }) => {
    const count = (of: string) => assertionResults.filter((test) => test.status === of).length;
    const [passed, failed] = [count('passed'), count('failed')];
    return {
      suite: basename(name).replace(/(\.(test|spec))?\.[cm]?[jt]sx?$/, ''),
      passed,
      failed: status === 'failed' && failed === 0 ? 1 : failed,
      skipped: assertionResults.length - passed - failed,
    };
  });
}

function fromJunit(text: string): SuiteOutcome[] {
  return [...text.matchAll(/<testsuite\s([^>]*)>/g)].map(([, attributes = '']) => {
    const named = new Map([...attributes.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
    const number = (key: string) => Number(named.get(key) ?? 0);
    const failed = number('failures') + number('errors');
    const skipped = number('skipped');
    return {
      suite: named.get('name') ?? 'tests',
      passed: number('tests') - failed - skipped,
      failed,
      skipped,
    };
  });
}
