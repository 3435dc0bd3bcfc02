/** What clients act on in an answer. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: unknown;
}

/** A place where two answers differ, with what each of them has; `answer` when already the status does. */
export interface Difference {
  at: string;
  mlflow: unknown;
  rondo: unknown;
}

/** Whether two values at the end of a path say the same although they are not equal. */
export type Same = (key: string, mlflow: unknown, rondo: unknown) => boolean;

const HEADERS = ['content-type', 'content-disposition', 'x-content-type-options', 'allow', 'location'];
/** Sets by key: MLflow's database gives them in any order. */
const UNORDERED: Readonly<Record<string, string>> = {
  tags: 'key',
  params: 'key',
  metrics: 'key',
  latest_versions: 'version',
};

/** The headers that clients act on, in one spelling. */
export function headersOf(
  given: Readonly<Record<string, string | string[] | undefined>>,
  plain: (text: string) => string = (text) => text,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of HEADERS) {
    const value = given[name];
    if (value === undefined) continue;
    headers[name] = plain(String(value)).replace(/^(application\/json); charset=utf-8$/, '$1');
  }
  return headers;
}

/** JSON where it is JSON, else the text. */
export function bodyOf(text: string, contentType: string | undefined): unknown {
  if (text === '' || !(contentType ?? '').startsWith('application/json')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The list that stands at `key`, sorted when it is a set. */
export function ordered(key: string, items: unknown[]): unknown[] {
  const name = UNORDERED[key];
  return name === undefined ? items : items.toSorted(by(name));
}

/** A body with its sets sorted. */
export function sorted(value: unknown, key = ''): unknown {
  if (Array.isArray(value))
    return ordered(
      key,
      value.map((each) => sorted(each)),
    );
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, sorted(each, name)]));
}

export function differences(mlflow: Answer, rondo: Answer, same: Same = () => false): Difference[] {
  const found: Difference[] = [];
  if (mlflow.status !== rondo.status) return [{ at: 'answer', mlflow, rondo }];
  compare(mlflow, rondo, '', same, (place, theirs, ours) =>
    found.push({ at: place, mlflow: theirs, rondo: ours }),
  );
  return found;
}

function compare(
  theirs: unknown,
  ours: unknown,
  place: string,
  same: Same,
  report: (place: string, theirs: unknown, ours: unknown) => void,
): void {
  if (Object.is(theirs, ours)) return;
  const both = [theirs, ours].every((each) => each !== null && typeof each === 'object');
  if (!both || Array.isArray(theirs) !== Array.isArray(ours)) {
    if (!same(place.split('.').at(-1) ?? '', theirs, ours)) report(place, theirs, ours);
    return;
  }
  const [left, right] = [theirs, ours] as [Record<string, unknown>, Record<string, unknown>];
  if (Array.isArray(theirs) && theirs.length !== (ours as unknown[]).length)
    return report(place, theirs, ours);
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)]))
    compare(left[key], right[key], place === '' ? key : `${place}.${key}`, same, report);
}

/** Points of one key keep their order. */
const by =
  (name: string) =>
  (a: unknown, b: unknown): number => {
    const [left = '', right = ''] = [a, b].map((each) => String((each as Record<string, unknown>)[name]));
    return left === right ? 0 : left < right ? -1 : 1;
  };
