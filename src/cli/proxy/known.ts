import type { Answer, Difference } from './answers.ts';

/** What a difference is judged by. */
export interface Judged extends Difference {
  route: string;
  mlflowAnswer: Answer;
  rondoAnswer: Answer;
}

interface Known {
  why: string;
  route?: RegExp;
  /** Place in the answer; the whole answer when left out. */
  at?: RegExp;
  when?: (of: Judged) => boolean;
}

const codeOf = (answer: Answer) => (answer.body as { error_code?: string } | null)?.error_code;
const isAbsent = (value: unknown) => value === undefined || value === null;
const SEARCH = /(search|get-history|batchGet)/;
const statuses = (mlflow: (status: number) => boolean, rondo: (status: number) => boolean) => (of: Judged) =>
  mlflow(of.mlflowAnswer.status) && rondo(of.rondoAnswer.status);
const sameCode = (of: Judged) =>
  codeOf(of.mlflowAnswer) !== undefined && codeOf(of.mlflowAnswer) === codeOf(of.rondoAnswer);

/**
 * Where Rondo answers another way than MLflow on purpose, by route and place: the rules behind `docs/guides/mlflow.md`, and of the replay
 * that compares both.
 */
const KNOWN: readonly Known[] = [
  {
    why: 'A permanent refusal is no 500: clients would repeat the request for minutes. MLflow ends with an internal error.',
    when: statuses(
      (mlflow) => mlflow === 500,
      (rondo) => rondo < 500,
    ),
  },
  {
    why: 'The filter grammar is a superset, and a limit that is left out is the default.',
    route: SEARCH,
    when: (of) =>
      statuses(
        (mlflow) => mlflow === 400,
        (rondo) => rondo === 200,
      )(of),
  },
  {
    why: 'Errors in filters, orders, limits and page tokens name the character and all that Rondo understands; clients do not match these words.',
    route: SEARCH,
    at: /^body\.(message|sqlstate|error_class)$/,
    when: sameCode,
  },
  {
    why: 'Messages about files name the path below the run or model, and what is wrong with a path.',
    route: /artifact/,
    at: /^body\.message$/,
    when: sameCode,
  },
  {
    why: 'A folder is no file, so there is no such file.',
    route: /^GET mlflow-artifacts\/artifacts\/\*$/,
    when: statuses(
      (mlflow) => mlflow === 400 || mlflow === 500,
      (rondo) => rondo === 404,
    ),
  },
  {
    why: 'Text says its encoding, and markup is sent as text, so that no browser runs it.',
    route: /artifact/,
    at: /^headers\.content-type$/,
    when: ({ rondo }) => String(rondo).startsWith('text/plain') || String(rondo).includes('charset=utf-8'),
  },
  {
    why: 'Every answer tells browsers not to guess its type.',
    at: /^headers\.x-content-type-options$/,
    when: ({ mlflow, rondo }) => isAbsent(mlflow) && rondo === 'nosniff',
  },
  {
    why: 'An upload answers an empty object, as every verb without an answer does.',
    route: /^(PUT|DELETE) mlflow-artifacts|^POST upload-artifact/,
    at: /^(headers\.content-type|body)$/,
  },
  {
    why: 'An unknown route is 404 with an empty body, so that clients fall back.',
    at: /^(headers\.content-type|body)$/,
    when: (of) => of.rondoAnswer.status === 404 && of.rondoAnswer.body === '',
  },
  {
    why: 'A version carries the digest of its frozen files.',
    at: /\bdigest$/,
    route: /(registered-models|model-versions)/,
    when: ({ mlflow }) => isAbsent(mlflow),
  },
  {
    why: 'A description is text, also when it is empty.',
    at: /\bdescription$/,
    when: ({ mlflow, rondo }) => isAbsent(mlflow) && rondo === '',
  },
  {
    why: 'Lists of versions name their aliases, as one version does.',
    at: /\baliases$/,
    when: ({ mlflow }) => isAbsent(mlflow),
  },
  {
    why: 'A version is downloaded from its frozen files, not from where they were logged.',
    route: /get-download-uri$/,
    at: /^body\.artifact_uri$/,
  },
  {
    why: 'Workspaces are projects and always on; a gateway and uploads past the server there are not.',
    route: /server-info$/,
    at: /^body\.(workspaces_enabled|store_type|trace_archival_enabled|multipart_\w+|presigned_\w+|features_enabled)/,
  },
  {
    why: 'A run that says no start began when it was made, not in 1970.',
    at: /\bstart_?[tT]ime$/,
    when: ({ mlflow, rondo }) => !mlflow && Boolean(rondo),
  },
  {
    why: 'A run that has not ended has no end.',
    at: /\bend_?[tT]ime$/,
    when: ({ mlflow, rondo }) => Number(mlflow) === 0 && isAbsent(rondo),
  },
  {
    why: 'A search answers with what a run read, as the run itself does.',
    route: /^POST runs\/search$/,
    at: /\bmodel_inputs$/,
    when: ({ mlflow }) => isAbsent(mlflow),
  },
  {
    why: 'A version says who made it: in Rondo that is the proxy, where MLflow knew nobody.',
    at: /\buser_id$/,
    route: /(registered-models|model-versions)/,
    when: ({ mlflow }) => isAbsent(mlflow) || mlflow === '',
  },
  {
    why: 'A version names the logged model that it was made of.',
    at: /\bmodel_id$/,
    route: /(registered-models|model-versions)/,
    when: ({ mlflow, rondo }) => isAbsent(mlflow) && typeof rondo === 'string',
  },
  {
    why: 'An empty file has a size.',
    at: /\bfile_size$/,
    when: ({ mlflow, rondo }) => isAbsent(mlflow) && rondo === 0,
  },
  {
    why: 'A version is plain text.',
    route: /^GET version$/,
    at: /^headers\.content-type$/,
  },
  {
    why: 'A list that is empty is there.',
    when: ({ mlflow, rondo }) => isAbsent(mlflow) && Array.isArray(rondo) && rondo.length === 0,
    at: /^body\./,
  },
  {
    why: 'Words of another library of GraphQL.',
    route: /graphql$/,
    at: /^body\.errors\b/,
  },
];

/** Why the answers differ there, when that is on purpose. */
export const knownReason = (of: Judged): string | undefined =>
  KNOWN.find(
    ({ route, at, when }) =>
      (route?.test(of.route) ?? true) && (at ? at.test(of.at) : of.at === 'answer') && (when?.(of) ?? true),
  )?.why;
