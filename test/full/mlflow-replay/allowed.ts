/** Why Rondo answers another way than MLflow, on purpose, where no rule of `src/cli/proxy/known.ts` says so. */
export interface Allowed {
  why: string;
  /** By request: the places where the answers differ; `answer` when already the status does. */
  differ: Readonly<Record<string, readonly string[]>>;
}

export const ALLOWED: readonly Allowed[] = [
  {
    why: 'A method that a route does not have is a route that does not exist: 404 with an empty body, which clients take for that.',
    differ: {
      'experiments/get by POST': ['answer'],
      'run search/by GET': ['answer'],
      'server/wrong method': ['answer'],
      'server/wrong method get': ['answer'],
    },
  },
  {
    why: 'The generative-AI server side is out of scope: 404 with an empty body, so that clients fall back.',
    differ: {
      'runs/promptlab': ['answer'],
      'server/scorers': ['answer'],
    },
  },
  {
    why: 'A permanent refusal is no 500: clients would repeat the request for minutes.',
    differ: {
      'experiments/update deleted': ['answer'],
    },
  },
  {
    why: 'MLflow ends with an internal error; Rondo says what is wrong with the request, or does what it asks.',
    differ: {
      'traces/measure percentile without value': ['answer'],
      'traces/measure percentile too high': ['answer'],
      'traces/measure value without percentile': ['answer'],
      'experiments/create with a list as body': ['answer'],
      'metrics/batch null metrics': ['answer'],
      'metrics/bulk bad limit': ['answer'],
      'logged models/search unknown': ['answer'],
      'logged models/search bad token': ['answer'],
      'registry/stage archive none': ['answer'],
      'registry/version file': ['answer'],
      'registry/version file missing': ['answer'],
      'graphql/syntax': ['answer'],
    },
  },
  {
    why: 'A message holds no SQL and names no table of the server.',
    differ: {
      'traces/measure no aggregations': ['body.message', 'body.error_code'],
      'experiments/create again': ['body.message'],
      'experiments/update to taken': ['body.message'],
      'experiments/create deleted name': ['body.message'],
      'logged models/params changed': ['body.message'],
      'registry/rename taken': ['body.message'],
    },
  },
  {
    why: 'A name that is taken is RESOURCE_ALREADY_EXISTS here too, not a fault of the database.',
    differ: {
      'experiments/update to taken': ['body.error_code', 'body.error_class'],
    },
  },
  {
    why: 'Errors in filters, orders and limits name the character and all that Rondo understands; clients do not match these words.',
    differ: {
      'traces/correlate bad filter': ['body.message'],
      'traces/correlate bad base': ['body.message'],
      'traces/measure count where and': ['body.message'],
      'traces/measure count where unknown view': ['body.message'],
      'traces/measure count where nonsense': ['body.message'],
    },
  },
  {
    why: 'The filter grammar is a superset: OR, parentheses and IN for every key.',
    differ: {
      'experiment search/or': ['answer'],
      'run search/tag in': ['answer'],
      'run search/or': ['answer'],
      'run search/parentheses': ['answer'],
    },
  },
  {
    why: 'A limit that is left out is the default.',
    differ: {
      'experiment search/without limit': ['answer'],
      'experiment search/empty body': ['answer'],
      'experiment search/GET limit missing': ['answer'],
    },
  },
  {
    why: 'A value that cannot be read is refused; MLflow takes the default, zero or nothing in its place and says nothing.',
    differ: {
      'traces/measure unknown view': ['answer'],
      'traces/measure unknown aggregation': ['answer'],
      'runs/create with fraction time': ['answer'],
      'metrics/log bare NaN': ['answer'],
      'metrics/log bare Infinity': ['answer'],
      'metrics/log bool': ['answer'],
      'metrics/log fraction step': ['answer'],
      'metrics/log fraction time': ['answer'],
      'metrics/log over range': ['answer'],
      'metrics/batch metric bad value': ['answer'],
      'metrics/batch param number': ['answer'],
      'metrics/history word': ['answer'],
      'registry/search 0': ['answer'],
    },
  },
  {
    why: 'The name of a status is understood in lower case; MLflow passes over it.',
    differ: {
      'runs/update lower status': ['body.run_info.status'],
    },
  },
  {
    why: 'One value stands for a list of one.',
    differ: {
      'run search/ids as text': ['answer'],
      'run search/order as text': ['answer'],
    },
  },
  {
    why: 'No body is an empty one, and bytes that are not JSON are said to be so.',
    differ: {
      'experiments/create without body': ['body.message'],
      'experiments/create with bad JSON': ['body.message'],
    },
  },
  {
    why: 'Fields are checked with the place they have in the request, which the message names.',
    differ: {
      'experiments/create with numeric tags': ['body.message'],
      'experiments/create with tag without key': ['body.message'],
      'logged models/finalize without status': ['body.message'],
      'logged models/finalize wrong status': ['body.message'],
      'logged models/inputs long name': ['body.message'],
      'logged models/inputs long digest': ['body.message'],
      'logged models/inputs long tag': ['body.message'],
    },
  },
  {
    why: 'A location that could mean a second path is refused.',
    differ: {
      'experiments/create with params': ['answer'],
      'experiments/create with dots': ['answer'],
    },
  },
  {
    why: 'Without an experiment a run belongs to Default; MLflow answers with a fault of its database.',
    differ: {
      'runs/create in default': ['answer'],
    },
  },
  {
    why: 'Limits of names and tags hold when a run is made as they do later, and a tag given twice has its last value.',
    differ: {
      'runs/create with long name': ['answer'],
      'runs/create with long tag': ['body.run.data.tags.0.value'],
      'runs/create with twice the tag': ['answer'],
    },
  },
  {
    why: 'The tag of older clients keeps the JSON they sent; MLflow writes it anew with its own fields.',
    differ: {
      'runs/get deleted': ['body.run.data.tags.4.value'],
    },
  },
  {
    why: 'NaN is not a number, so it is neither equal nor unequal to one.',
    differ: {
      'run search/metric not': ['body.runs'],
    },
  },
  {
    why: 'Routes are served under both prefixes and in every spelling that clients have used.',
    differ: {
      'metrics/bulk below api': ['answer'],
      'logged models/datasets literal': ['answer'],
      'logged models/datasets below api': ['answer'],
    },
  },
  {
    why: 'The path names the logged model; its id need not be in the body too.',
    differ: {
      'logged models/params without id in the body': ['answer'],
      'logged models/params none': ['answer'],
      'logged models/finalize missing': ['answer'],
    },
  },
  {
    why: 'Writing the same again is accepted, so that a retry does no harm.',
    differ: {
      'logged models/params again': ['answer'],
      'logged models/outputs again': ['answer'],
    },
  },
  {
    why: 'A changed param is refused as that, not as a fault of the database.',
    differ: {
      'logged models/params changed': ['body.error_code'],
    },
  },
  {
    why: 'A dataset without its name or digest is refused; it could not be found again.',
    differ: {
      'logged models/inputs without dataset': ['answer'],
      'logged models/inputs without name': ['answer'],
      'logged models/inputs without digest': ['answer'],
    },
  },
  {
    why: 'A dataset without a digest means every digest of it.',
    differ: {
      'logged models/search metric dataset': ['body.models'],
    },
  },
  {
    why: 'A model name has at most 256 characters on every database; SQLite lets MLflow take more.',
    differ: {
      'registry/create long': ['answer'],
      'registry/delete long': ['answer'],
    },
  },
  {
    why: 'A folder is no file, so there is no such file.',
    differ: {
      'artifacts/get proxy folder': ['answer'],
    },
  },
  {
    why: 'A request without run or path is answered in JSON with the parameter it lacks.',
    differ: {
      'artifacts/get without path': ['headers.content-type', 'body'],
      'artifacts/get without run': ['answer'],
    },
  },
  {
    why: 'A trace that nobody named has the name of its root span.',
    differ: {
      'traces/get unnamed': ['body.trace.trace_info.tags.mlflow.traceName'],
    },
  },
  {
    why: 'A sample is never larger than asked for.',
    differ: {
      'graphql/bulk interval': ['body.data.mlflowGetMetricHistoryBulkInterval.metrics'],
    },
  },
];
