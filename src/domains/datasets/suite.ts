import { randomUUID } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import { type Analytics, identifier, literal } from '../../analytics/index.ts';
import { AppError } from '../../lib/errors.ts';
import { compileExpression } from '../../lib/expressions/compile.ts';
import { compare } from './compare.ts';
import { DATASET_ERRORS } from './errors.ts';
import {
  type Check,
  type CheckResult,
  type Column,
  type ColumnProfile,
  type Profile,
  Suite,
  type ValidationReport,
} from './schema.ts';

export interface CheckedData {
  project: string;
  dataset: string;
  version: number;
  parts: readonly string[];
  profile: Profile;
  /** The version before, for `max_shift`. */
  previous?: Profile | undefined;
}

const SAMPLE_ROWS = 20;

/** A suite from YAML or JSON text, or as an object. Every fault is in the one error. */
export function parseSuite(given: unknown): Suite {
  let data = given;
  if (typeof given === 'string') {
    try {
      data = parseYaml(given);
    } catch (cause) {
      throw new AppError(DATASET_ERRORS.SUITE_INVALID, `The checks are not valid YAML: ${String(cause)}`, {
        cause,
      });
    }
  }
  const parsed = Suite.safeParse(data);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new AppError(
    DATASET_ERRORS.SUITE_INVALID,
    `The checks are not usable: ${faults.slice(0, 8).join('; ')}.`,
  );
}

/**
 * Runs a suite in one scan of the data, and one more for samples when rows fail. `at` is the clock of `fresh`.
 * A check on a column that the environment lacks is skipped; on one that is missing otherwise it fails.
 */
export async function runSuite(
  analytics: Analytics,
  suite: Suite,
  data: CheckedData,
  options: { environment?: string | undefined; at?: number; signal?: AbortSignal } = {},
): Promise<ValidationReport> {
  const absent = new Set(options.environment ? suite.environments[options.environment]?.absent : []);
  const columns = new Map(data.profile.columns.map((column) => [column.name, column]));
  const plans = suite.checks.map((check) => planOf(check, columns, absent));
  const scans = plans.flatMap((plan, i) => (plan.count ? [`(${plan.count})::double as c${i}`] : []));
  const tables = { t: data.parts };
  const stop = options.signal ? { signal: options.signal } : {};
  const counted =
    scans.length === 0
      ? {}
      : ((await analytics.run({ tables, rows: { all: `select ${scans.join(', ')} from t` }, ...stop })).rows
          .all[0] ?? {});
  const results = plans.map((plan, i) =>
    judge(plan, data, columns, plan.count ? Number(counted[`c${i}`]) : undefined, options.at ?? Date.now()),
  );
  const samples = Object.fromEntries(
    plans.flatMap((plan, i) => (plan.rows && results[i]?.state === 'failed' ? [[`s${i}`, plan.rows]] : [])),
  );
  if (Object.keys(samples).length > 0) {
    const found = await analytics.run({ tables, rows: samples, ...stop });
    results.forEach((result, i) => {
      result.sample = found.rows[`s${i}`] ?? [];
    });
  }
  const failed = (severity: Check['severity']) =>
    results.filter((result) => result.state === 'failed' && result.check.severity === severity);
  return {
    id: randomUUID(),
    project: data.project,
    dataset: data.dataset,
    version: data.version,
    environment: options.environment ?? null,
    rows: data.profile.rows,
    passed: results.filter((result) => result.state === 'passed').length,
    failed: failed('error').length,
    warned: failed('warn').length,
    skipped: results.filter((result) => result.state === 'skipped').length,
    results: [
      ...failed('error'),
      ...failed('warn'),
      ...results.filter((result) => result.state !== 'failed'),
    ],
    created_at: Date.now(),
  };
}

/** Expectations that the profiled data itself meets: a start to edit, not a verdict. */
export function suggestChecks(profile: Profile): Suite {
  const checks: unknown[] = [
    { expect: 'min_rows', rows: Math.max(1, Math.floor(profile.rows / 2)), severity: 'warn' },
  ];
  for (const column of profile.columns) {
    const { name } = column;
    const described = column.type !== 'other' && column.count > 0;
    checks.push({ expect: 'type', column: name, type: column.type });
    if (column.nulls === 0) checks.push({ expect: 'not_null', column: name });
    else if (column.nulls < profile.rows)
      checks.push({
        expect: 'not_null',
        column: name,
        mostly: floor(0.95 * (column.count / profile.rows)),
        severity: 'warn',
      });
    if (described && column.quantiles && column.type !== 'timestamp') {
      const room = column.quantiles.p95 - column.quantiles.p5;
      const min = (column.min as number) >= 0 ? 0 : Math.floor((column.min as number) - room);
      checks.push({
        expect: 'in_range',
        column: name,
        min,
        max: Math.ceil((column.max as number) + room),
        mostly: 0.999,
        severity: 'warn',
      });
    }
    const few = column.type === 'string' && column.top.length > 0 && column.top.length <= 20;
    if (few)
      checks.push({
        expect: 'in_set',
        column: name,
        values: column.top.map(({ value }) => value).sort(),
        mostly: 0.99,
        severity: 'warn',
      });
    if (described && column.histogram) checks.push({ expect: 'max_shift', column: name, severity: 'warn' });
  }
  return Suite.parse({ checks });
}

const floor = (share: number) => Math.floor(share * 1000) / 1000;

interface Plan {
  check: Check;
  title: string;
  /** Why it cannot be asked: skipped, or failed because the column is missing. */
  skip?: string;
  missing?: string;
  /** Aggregate that counts bad rows, or finds the newest time for `fresh`. */
  count?: string;
  /** Query of offending rows. */
  rows?: string;
}

function planOf(
  check: Check,
  columns: ReadonlyMap<string, ColumnProfile>,
  absent: ReadonlySet<string>,
): Plan {
  const plan: Plan = { check, title: titleOf(check) };
  if ('column' in check) {
    if (absent.has(check.column)) return { ...plan, skip: `there is no ${check.column} in this environment` };
    if (!columns.has(check.column)) return { ...plan, missing: `there is no column ${check.column}` };
  }
  if (check.expect === 'unique') {
    const name = identifier(check.column);
    return {
      ...plan,
      count: `count(${name}) - count(distinct ${name})`,
      rows: `select ${name} as value, count(*)::double as times from t where ${name} is not null group by 1 having count(*) > 1 order by 2 desc limit ${SAMPLE_ROWS}`,
    };
  }
  if (check.expect === 'fresh')
    return { ...plan, count: `epoch_ms(max(${identifier(check.column)}::timestamp))` };
  const bad = badRows(check, columns);
  if (bad === undefined) return plan;
  return {
    ...plan,
    count: `count(*) filter (where ${bad})`,
    rows: `select * from t where ${bad} limit ${SAMPLE_ROWS}`,
  };
}

function badRows(check: Check, columns: ReadonlyMap<string, ColumnProfile>): string | undefined {
  if (check.expect === 'row') return `not (${conditionSql(check.expression, [...columns.values()])})`;
  if (!('column' in check)) return undefined;
  const name = identifier(check.column);
  switch (check.expect) {
    case 'not_null':
      return `${name} is null`;
    case 'in_range': {
      const bounds = [
        ...(check.min === undefined ? [] : [`${name} < ${check.min}`]),
        ...(check.max === undefined ? [] : [`${name} > ${check.max}`]),
      ];
      return bounds.length > 0 ? `(${bounds.join(' or ')})` : 'false';
    }
    case 'in_set': {
      const text = columns.get(check.column)?.type === 'string';
      const list = check.values.map((item) =>
        text || typeof item === 'string' ? literal(String(item)) : String(item),
      );
      return `${name} not in (${list.join(', ')})`;
    }
    case 'matches':
      return `not regexp_full_match(${name}::varchar, ${literal(check.pattern)})`;
    default:
      return undefined;
  }
}

function judge(
  plan: Plan,
  data: CheckedData,
  columns: ReadonlyMap<string, ColumnProfile>,
  counted: number | undefined,
  at: number,
): CheckResult {
  const { check, title } = plan;
  const result = (state: CheckResult['state'], observed: string, bad: number | null = null): CheckResult => ({
    check,
    title,
    state,
    observed,
    bad_rows: bad,
    share: bad === null ? null : share(bad, data.profile.rows),
    sample: [],
  });
  const verdict = (passed: boolean, observed: string) => result(passed ? 'passed' : 'failed', observed);
  if (plan.skip) return result('skipped', plan.skip);
  if (plan.missing) return result('failed', plan.missing);
  const rows = data.profile.rows;
  switch (check.expect) {
    case 'min_rows':
      return verdict(rows >= check.rows, `${rows} rows`);
    case 'max_rows':
      return verdict(rows <= check.rows, `${rows} rows`);
    case 'type': {
      const type = columns.get(check.column)?.type;
      return verdict(type === check.type, `${check.column} is ${type}`);
    }
    case 'fresh': {
      if (counted === undefined || Number.isNaN(counted) || counted === 0)
        return result('failed', 'there is no time');
      const hours = (at - counted) / 3_600_000;
      return verdict(
        hours <= check.hours,
        `the newest is ${new Date(counted).toISOString()}, ${hours.toFixed(1)} h old`,
      );
    }
    case 'max_shift': {
      const shift = shiftOf(check, data);
      if (shift === undefined)
        return result('skipped', 'there is no earlier version with the same column to compare with');
      return verdict(shift <= check.limit, `${check.by} ${shift.toFixed(3)} against the version before`);
    }
    default: {
      const bad = counted ?? 0;
      const passed = 1 - share(bad, rows) >= check.mostly;
      return result(passed ? 'passed' : 'failed', `${bad} of ${rows} rows break it`, bad);
    }
  }
}

/** A row expression as a DuckDB condition over the columns. Throws SUITE_INVALID when it is not a yes-or-no question about them. */
function conditionSql(expression: string, columns: readonly Column[]): string {
  const types = columns.flatMap(({ name, type }) => (type === 'other' ? [] : [[name, type] as const]));
  const compiled = compileExpression(expression, Object.fromEntries(types));
  if (compiled.type === 'bool') return compiled.sql;
  throw new AppError(
    DATASET_ERRORS.SUITE_INVALID,
    `The check '${expression}' gives a ${compiled.type}; a check gives true or false.`,
  );
}

const share = (bad: number, rows: number) => (rows === 0 ? 0 : bad / rows);

function shiftOf(check: Extract<Check, { expect: 'max_shift' }>, data: CheckedData): number | undefined {
  if (!data.previous) return undefined;
  const pair = compare(data.previous, data.profile).columns.find((column) => column.name === check.column);
  if (!pair) return undefined;
  if (check.by === 'psi') return pair.psi ?? undefined;
  const before = pair.before.quantiles;
  const after = pair.after.quantiles;
  if (!before || !after) return undefined;
  const width = before.p95 - before.p5 || Math.abs(before.p50) || 1;
  const moves = (['p5', 'p25', 'p50', 'p75', 'p95'] as const).map((q) => Math.abs(after[q] - before[q]));
  return Math.max(...moves) / width;
}

function titleOf(check: Check): string {
  const almost = 'mostly' in check && check.mostly < 1 ? ` in ${check.mostly * 100} % of rows` : '';
  switch (check.expect) {
    case 'not_null':
      return `${check.column} is present${almost}`;
    case 'unique':
      return `${check.column} is unique${almost}`;
    case 'in_range':
      return `${check.column} is between ${check.min ?? '-∞'} and ${check.max ?? '∞'}${almost}`;
    case 'in_set':
      return `${check.column} is one of ${check.values.slice(0, 5).join(', ')}${check.values.length > 5 ? ` and ${check.values.length - 5} more` : ''}${almost}`;
    case 'matches':
      return `${check.column} matches ${check.pattern}${almost}`;
    case 'type':
      return `${check.column} is of type ${check.type}`;
    case 'row':
      return `${check.expression}${almost}`;
    case 'min_rows':
      return `at least ${check.rows} rows`;
    case 'max_rows':
      return `at most ${check.rows} rows`;
    case 'max_shift':
      return `${check.column} shifts by at most ${check.limit} (${check.by}) against the version before`;
    case 'fresh':
      return `the newest ${check.column} is at most ${check.hours} h old`;
  }
}
