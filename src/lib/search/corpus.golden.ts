import type { Comparison } from './filter.ts';
import type { SearchResource } from './resources.ts';

/** Filters and what they mean or how they are refused, partly written out, partly generated from every spelling of every part. */
export interface ValidCase {
  text: string;
  resource: SearchResource;
  /** entity, key, comparator, value of every comparison from left to right. */
  expected: [Comparison['entity'], string, Comparison['comparator'], Comparison['value']][];
}

export interface InvalidCase {
  text: string;
  resource: SearchResource;
  message: string;
  position?: number;
}

export const NOW = Date.UTC(2026, 2, 10, 12);

const runs = (text: string, ...expected: ValidCase['expected']): ValidCase => ({
  text,
  resource: 'runs',
  expected,
});
const traces = (text: string, ...expected: ValidCase['expected']): ValidCase => ({
  text,
  resource: 'traces',
  expected,
});
const refused = (
  text: string,
  message: string,
  position?: number,
  resource: SearchResource = 'runs',
): InvalidCase => ({ text, resource, message, position });
const CLAUSE = 'Invalid clause(s) in filter string';

/** The cases of MLflow's own parser tests, and their neighbours. */
const written: ValidCase[] = [
  runs('metric.acc >= 0.94', ['metric', 'acc', '>=', 0.94]),
  runs('metric.acc>=100', ['metric', 'acc', '>=', 100]),
  runs("params.m!='tf'", ['param', 'm', '!=', 'tf']),
  runs('params."m"!="tf"', ['param', 'm', '!=', 'tf']),
  runs('metric."legit name" >= 0.243', ['metric', 'legit name', '>=', 0.243]),
  runs('metrics.XYZ = 3', ['metric', 'XYZ', '=', 3]),
  runs('params."cat dog" = "pets"', ['param', 'cat dog', '=', 'pets']),
  runs('metrics."X-Y-Z" = 3', ['metric', 'X-Y-Z', '=', 3]),
  runs('metrics."X//Y#$$@&Z" = 3', ['metric', 'X//Y#$$@&Z', '=', 3]),
  runs(
    "metrics.rmse < 1 and params.model_class = 'LR'",
    ['metric', 'rmse', '<', 1],
    ['param', 'model_class', '=', 'LR'],
  ),
  runs('`metric`.a >= 0.1', ['metric', 'a', '>=', 0.1]),
  runs("`params`.model = 'LR'", ['param', 'model', '=', 'LR']),
  runs("`tags`.source_name = 'a notebook'", ['tag', 'source_name', '=', 'a notebook']),
  runs('metrics."accuracy.2.0" > 5', ['metric', 'accuracy.2.0', '>', 5]),
  runs('metrics.`spacey name` > 5', ['metric', 'spacey name', '>', 5]),
  runs('`metrics`.`spacey name` > 5', ['metric', 'spacey name', '>', 5]),
  runs('params."p.a.r.a.m" != "a"', ['param', 'p.a.r.a.m', '!=', 'a']),
  runs("attribute.artifact_uri = '1/23/4'", ['attribute', 'artifact_uri', '=', '1/23/4']),
  runs('attribute.start_time >= 1234', ['attribute', 'start_time', '>=', 1234]),
  runs("run.status = 'RUNNING'", ['attribute', 'status', '=', 'RUNNING']),
  runs("dataset.name = 'my_dataset'", ['dataset', 'name', '=', 'my_dataset']),
  runs('tags.version IS NULL', ['tag', 'version', 'IS NULL', null]),
  runs('tags.version is not null', ['tag', 'version', 'IS NOT NULL', null]),
  runs("tags.a IS NULL AND params.b = 'val'", ['tag', 'a', 'IS NULL', null], ['param', 'b', '=', 'val']),
  runs('params.m = "L\'Hosp"', ['param', 'm', '=', "L'Hosp"]),
  runs("params.m = 'L''Hosp'", ['param', 'm', '=', "L'Hosp"]),
  runs("run_id IN ('a', 'b')", ['attribute', 'run_id', 'IN', ['a', 'b']]),
  runs("attributes.run_id NOT IN ('a')", ['attribute', 'run_id', 'NOT IN', ['a']]),
  runs("datasets.digest IN ('d1','d2')", ['dataset', 'digest', 'IN', ['d1', 'd2']]),
  runs("tags.`mlflow.parentRunId` = 'x'", ['tag', 'mlflow.parentRunId', '=', 'x']),
  runs("tags.mlflow.user LIKE 'a%'", ['tag', 'mlflow.user', 'LIKE', 'a%']),
  runs('created > 5', ['attribute', 'start_time', '>', 5]),
  runs("attribute.`Run name` = 'x'", ['attribute', 'run_name', '=', 'x']),
  runs('"Run Name" ILIKE "%X%"', ['attribute', 'run_name', 'ILIKE', '%X%']),
  runs("metrics.a > 1 OR params.b = 'c'", ['metric', 'a', '>', 1], ['param', 'b', '=', 'c']),
  runs(
    "NOT (metrics.a > 1 OR tags.b = 'c') AND NOT params.d IS NULL",
    ['metric', 'a', '>', 1],
    ['tag', 'b', '=', 'c'],
    ['param', 'd', 'IS NULL', null],
  ),
  runs("params.model MATCHES '^(tree|forest)$'", ['param', 'model', 'MATCHES', '^(tree|forest)$']),
  runs("params.model rlike 'a+'", ['param', 'model', 'MATCHES', 'a+']),
  runs('start_time > now() - 7d', ['attribute', 'start_time', '>', NOW - 7 * 86_400_000]),
  runs('start_time > now()-1h30m', ['attribute', 'start_time', '>', NOW - 5_400_000]),
  runs('start_time < NOW( ) + 5m', ['attribute', 'start_time', '<', NOW + 300_000]),
  runs('end_time <= now()', ['attribute', 'end_time', '<=', NOW]),
  runs("start_time >= '2026-03-01'", ['attribute', 'start_time', '>=', Date.UTC(2026, 2, 1)]),
  runs('metrics.a <> 1', ['metric', 'a', '!=', 1]),
  runs('metrics.a IS NULL', ['metric', 'a', 'IS NULL', null]),
  runs('metrics.a IN (1, 2.5)', ['metric', 'a', 'IN', [1, 2.5]]),
  runs('metrics.val-loss < -1.5e-3', ['metric', 'val-loss', '<', -0.0015]),
  runs("params.and = 'or'", ['param', 'and', '=', 'or']),
  runs("((tags.a = ''))", ['tag', 'a', '=', '']),
  runs("tags.a = 'é 😀 %_'", ['tag', 'a', '=', 'é 😀 %_']),
  {
    text: "name = 'm' AND tags.`k` != 'v'",
    resource: 'models',
    expected: [
      ['attribute', 'name', '=', 'm'],
      ['tag', 'k', '!=', 'v'],
    ],
  },
  { text: "name ILIKE '%a%'", resource: 'experiments', expected: [['attribute', 'name', 'ILIKE', '%a%']] },
  {
    text: 'attribute.creation_time > 0',
    resource: 'experiments',
    expected: [['attribute', 'creation_time', '>', 0]],
  },
  {
    text: "version_number >= 3 AND run_id IN ('a')",
    resource: 'versions',
    expected: [
      ['attribute', 'version_number', '>=', 3],
      ['attribute', 'run_id', 'IN', ['a']],
    ],
  },
  {
    text: "source_path = 's3://x'",
    resource: 'versions',
    expected: [['attribute', 'source_path', '=', 's3://x']],
  },
  {
    text: "metrics.a > 1 AND model_type = 'x'",
    resource: 'logged-models',
    expected: [
      ['metric', 'a', '>', 1],
      ['attribute', 'model_type', '=', 'x'],
    ],
  },
  {
    text: "metadata.`mlflow.session` = 'x' AND timestamp > 5",
    resource: 'traces',
    expected: [
      ['metadata', 'mlflow.session', '=', 'x'],
      ['attribute', 'timestamp_ms', '>', 5],
    ],
  },
  traces(
    "trace.status = 'OK' AND request_id IN ('a', 'b')",
    ['attribute', 'status', '=', 'OK'],
    ['attribute', 'trace_id', 'IN', ['a', 'b']],
  ),
  traces(
    "span.name LIKE 'a%' AND span.type = 'LLM'",
    ['span', 'name', 'LIKE', 'a%'],
    ['span', 'type', '=', 'LLM'],
  ),
  traces("span.attributes.mlflow.spanType = 'x'", ['span', 'attributes.mlflow.spanType', '=', 'x']),
  traces("span.attributes.`a b` RLIKE '^x'", ['span', 'attributes.a b', 'MATCHES', '^x']),
  traces("trace.text ILIKE '%x%'", ['span', 'content', 'ILIKE', '%x%']),
  traces("run_id = 'r' AND prompt = 'p/1'", ['link', 'run', '=', 'r'], ['link', 'prompt', '=', 'p/1']),
  traces(
    "feedback.good = 'true' OR feedback.score >= 0.5",
    ['feedback', 'good', '=', 'true'],
    ['feedback', 'score', '>=', 0.5],
  ),
  traces('expectation.facts IS NOT NULL', ['expectation', 'facts', 'IS NOT NULL', null]),
  traces("issue.id = 'i-1'", ['issue', 'id', '=', 'i-1']),
  traces(
    'end_time > now() - 1d AND execution_time < 5',
    ['attribute', 'end_time_ms', '>', NOW - 86_400_000],
    ['attribute', 'execution_time_ms', '<', 5],
  ),
];

const writtenErrors: InvalidCase[] = [
  refused("span.nope = 'x'", "Invalid span attribute 'nope'", 0, 'traces'),
  refused("tags.a = 'b' AND span.attributes. = 'x'", 'Span attribute name cannot be empty', 17, 'traces'),
  refused("span.name > 'x'", "Invalid comparator '>'", 10, 'traces'),
  refused('feedback.good = 7', 'Expected a quoted string value for feedback', 16, 'traces'),
  refused("feedback.score > 'x'", 'Expected numeric value type for feedback', 17, 'traces'),
  refused("issue.name = 'x'", "Invalid issue key 'name'", 0, 'traces'),
  refused('metrics.a = 1', "Invalid entity type 'metrics'", 0, 'traces'),
  refused("span.name.`x` = 'y'", CLAUSE, 10, 'traces'),
  refused('metric.acc >= 0.94; metrics.rmse < 1', 'Search filter contained multiple expression', 18),
  refused('m.acc >= 0.94', "Invalid entity type 'm'", 0),
  refused('acc >= 0.94', 'Invalid attribute key', 0),
  refused("p.model >= 'LR'", 'Invalid entity type'),
  refused('attri.x != 1', 'Invalid entity type'),
  refused("model >= 'LR'", 'Invalid attribute key'),
  refused("metrics.A > 0.1 NAND params.B = 'LR'", CLAUSE, 16),
  refused('`metrics.A > 0.1', CLAUSE, 0),
  refused('param`.A > 0.1', CLAUSE, 5),
  refused('`dummy.A > 0.1', CLAUSE),
  refused('attribute.start != 1', 'Invalid attribute key'),
  refused('attribute.experiment_id != 1', 'Invalid attribute key'),
  refused("attribute.lifecycle_stage = 'ACTIVE'", 'Invalid attribute key'),
  refused("attribute._status != 'RUNNING'", 'Invalid attribute key'),
  refused('attribute.status = true', CLAUSE, 19),
  refused("dataset.status = 'true'", 'Invalid dataset key', 0),
  refused("dataset.profile = 'num_rows: 10'", 'Invalid dataset key'),
  refused("metric.model = 'LR'", 'Expected numeric value type for metric', 15),
  refused("metric.model = '5'", 'Expected numeric value type for metric'),
  refused('params.acc = 5', 'Expected a quoted string value for param', 13),
  refused('tags.acc = 5', 'Expected a quoted string value for tag'),
  refused('metrics.acc != metrics.acc', 'Expected numeric value type for metric'),
  refused('1.0 > metrics.acc', "Expected 'Identifier' found", 0),
  refused('attribute.status = 1', 'Expected a quoted string value for attributes'),
  refused('params.acc = LR', 'value is either not quoted or unidentified quote types', 13),
  refused('tags.acc = LR', 'value is either not quoted or unidentified quote types'),
  refused('params.acc = `LR`', 'value is either not quoted or unidentified quote types'),
  refused("params.'acc = LR", CLAUSE, 7),
  refused("params.acc = 'LR", CLAUSE, 13),
  refused("params.acc = LR'", CLAUSE, 15),
  refused('params.acc = "LR\'', CLAUSE),
  refused("tags.acc = = 'LR'", CLAUSE, 11),
  refused("attribute.status IS 'RUNNING'", CLAUSE, 20),
  refused('params.acc LR !=', CLAUSE, 11),
  refused('metric.acc !=', CLAUSE, 13),
  refused('acc != 1.0', 'Invalid attribute key'),
  refused('foo is null', 'Invalid attribute key'),
  refused('1=1', "Expected 'Identifier' found"),
  refused('run_id IN ()', 'expected a non-empty list of string values, but got empty list', 10),
  refused("run_id IN ('a'", 'ill-formed list', 14),
  refused("run_id IN ('a' 'b')", 'ill-formed list'),
  refused('run_id IN (a)', 'different type in list'),
  refused("run_id IN 'a'", CLAUSE, 10),
  refused('(metrics.a > 1', CLAUSE, 14),
  refused('metrics.a > 1)', CLAUSE, 13),
  refused('()', CLAUSE, 1),
  refused('NOT', CLAUSE, 3),
  refused('metrics.a', CLAUSE, 9),
  refused('metrics. > 1', 'a key is missing', 0),
  refused("params.a MATCHES '('", 'Invalid regular expression', 17),
  refused("params.a MATCHES 'a(?=b)'", 'Invalid regular expression', 17),
  refused(`params.a MATCHES '${'a'.repeat(501)}'`, 'at most 500', 17),
  refused('start_time > now() - soon', 'not a duration', 21),
  refused('start_time > now(', CLAUSE, 17),
  refused("start_time > 'yesterday'", 'Expected numeric value type for numeric attribute: start_time'),
  refused('metrics.a > now()', 'Expected numeric value type for metric'),
  refused('metrics.a == 1', "Invalid comparator '=='", 10),
  refused('metrics.a ! 1', CLAUSE, 10),
  refused("params.a.'b'c' = 1", CLAUSE),
  refused("params.a NOT LIKE 'x'", CLAUSE, 9),
  refused('metrics.a > 1', 'Invalid entity type', 0, 'experiments'),
  refused("params.a = 'x'", "Valid entity types are ('attribute', 'tag', 'tags')", 0, 'models'),
  refused("run_id = 'x'", 'Invalid attribute key', 0, 'models'),
  refused(
    "version_number = 'x'",
    'Expected numeric value type for numeric attribute: version_number',
    17,
    'versions',
  ),
  refused('__proto__.x = 1', 'Invalid entity type', 0),
  refused('constructor = 1', 'Invalid attribute key', 0),
];

const KEYS: [string, string][] = [
  ['k', 'k'],
  ['a.b', 'a.b'],
  ['"a b"', 'a b'],
  ['`x/y-z`', 'x/y-z'],
  ['"say ""hi"""', 'say "hi"'],
];

/** Every entity spelling × key spelling × comparator of its type. */
function generatedValid(): ValidCase[] {
  const cases: ValidCase[] = [];
  const text: [string, ValidCase['expected'][0][2], string, Comparison['value']][] = [
    ['=', '=', "'v'", 'v'],
    ['!=', '!=', '"v w"', 'v w'],
    ['like', 'LIKE', "'%v'", '%v'],
    ['ILIKE', 'ILIKE', "'V_'", 'V_'],
    ['In', 'IN', '( \'a\' , "b" )', ['a', 'b']],
    ['not  in', 'NOT IN', "('a')", ['a']],
    ['rlike', 'MATCHES', "'v$'", 'v$'],
    ['IS\nNOT\tNULL', 'IS NOT NULL', '', null],
  ];
  const number = (['=', '!=', '>', '>=', '<', '<='] as const).map(
    (op, i) =>
      [
        op,
        op,
        ['0', '-1.5', '1e3', '.5', '+2', '7.'][i] as string,
        [0, -1.5, 1000, 0.5, 2, 7][i] as number,
      ] as const,
  );
  const spellings: [string, Comparison['entity']][] = [
    ['metric', 'metric'],
    ['metrics', 'metric'],
    ['`metrics`', 'metric'],
    ['param', 'param'],
    ['params', 'param'],
    ['parameter', 'param'],
    ['parameters', 'param'],
    ['tag', 'tag'],
    ['tags', 'tag'],
    ['"tags"', 'tag'],
  ];
  for (const [spelling, entity] of spellings) {
    for (const [i, [written, key]] of KEYS.entries()) {
      const comparators = entity === 'metric' ? number : text;
      for (const [j, [op, comparator, value, parsed]] of comparators.entries()) {
        if ((i + j) % 2 === 0)
          cases.push(runs(` ${spelling}.${written} ${op} ${value}`, [entity, key, comparator, parsed]));
      }
    }
  }
  return cases;
}

/** Every broken ending and every comparator of the wrong type. */
function generatedInvalid(): InvalidCase[] {
  const cases: InvalidCase[] = [];
  for (const start of [
    'metrics.a > 1',
    "params.`b c` = 'x'",
    "tags.a IN ('x')",
    'params.a IS NULL',
    'NOT (metrics.a < 2)',
  ]) {
    for (const junk of [' x', ' OR', ' )', ', metrics.b > 1', " 'x'", ' = 1', ' ~']) {
      cases.push(refused(start + junk, CLAUSE));
    }
  }
  for (const field of ['params.a', 'tags.a', 'status', 'datasets.name']) {
    for (const op of ['>', '<', '>=', '<=', '~', '~=', '=='])
      cases.push(refused(`${field} ${op} 'x'`, `Invalid comparator '${op}'`, field.length + 1));
  }
  for (const field of ['metrics.a', 'start_time', 'attributes.end_time']) {
    for (const op of ['LIKE', 'ILIKE', 'MATCHES', 'rlike', '~'])
      cases.push(refused(`${field} ${op} 5`, 'Invalid comparator', field.length + 1));
    for (const value of ["'x'", 'x', '0x10', '1_000', '--1', 'NaN'])
      cases.push(refused(`${field} > ${value}`, 'Expected numeric value type', field.length + 3));
  }
  return cases;
}

export const VALID: ValidCase[] = [...written, ...generatedValid()];
export const INVALID: InvalidCase[] = [...writtenErrors, ...generatedInvalid()];
