import { describe, expect, it } from 'vitest';
import { readTestReport, totalOf } from './test-report.ts';

describe('test reports', () => {
  it('reads the JSON of Vitest and Jest by file', () => {
    const report = {
      testResults: [
        {
          name: '/x/gbdt.test.ts',
          status: 'failed',
          assertionResults: [{ status: 'passed' }, { status: 'failed' }, { status: 'pending' }],
        },
        { name: '/x/broken.spec.tsx', status: 'failed', assertionResults: [] },
        { name: '/x/fine.test.mjs', status: 'passed', assertionResults: [{ status: 'passed' }] },
      ],
    };
    const outcomes = readTestReport(JSON.stringify(report));
    expect(outcomes).toEqual([
      { suite: 'gbdt', passed: 1, failed: 1, skipped: 1 },
      { suite: 'broken', passed: 0, failed: 1, skipped: 0 },
      { suite: 'fine', passed: 1, failed: 0, skipped: 0 },
    ]);
    expect(totalOf(outcomes, 'unit')).toEqual({ suite: 'unit', passed: 2, failed: 2, skipped: 1 });
  });

  it('reads JUnit XML by suite', () => {
    const xml = `<?xml version="1.0"?><testsuites tests="7"><testsuite name="pytest" errors="1" failures="1" skipped="2" tests="7" time="0.1">
      <testcase name="a"/></testsuite><testsuite name="empty" tests="0"/></testsuites>`;
    expect(readTestReport(xml)).toEqual([
      { suite: 'pytest', passed: 3, failed: 2, skipped: 2 },
      { suite: 'empty', passed: 0, failed: 0, skipped: 0 },
    ]);
  });

  it.each(['', '{}', '{"testResults": [', 'hello'])('refuses %j', (text) => {
    expect(() => readTestReport(text)).toThrow(expect.objectContaining({ code: 'INVALID' }));
  });
});
