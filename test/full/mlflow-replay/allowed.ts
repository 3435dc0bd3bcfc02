/** Why Rondo answers another way than MLflow, on purpose. */
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
    why: 'An unknown route is 404 with an empty body, so that clients fall back; MLflow sends a page of HTML.',
    differ: {
      'artifacts/put up': ['headers.content-type', 'body'],
      'server/unknown': ['headers.content-type', 'body'],
      'server/unknown post': ['headers.content-type', 'body'],
      'server/unknown version': ['headers.content-type', 'body'],
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
      'experiment search/limit fraction': ['body.message'],
      'experiment search/order unknown': ['body.message'],
      'experiment search/unknown key': ['body.message'],
      'experiment search/unquoted': ['body.message'],
      'experiment search/number for name': ['body.message'],
      'experiment search/greater name': ['body.message'],
      'experiment search/nonsense': ['body.message'],
      'experiment search/half': ['body.message'],
      'run search/metric text': ['body.message'],
      'run search/metric like': ['body.message'],
      'run search/param number': ['body.message'],
      'run search/param greater': ['body.message'],
      'run search/id in empty': ['body.message'],
      'run search/id in number': ['body.message'],
      'run search/start time text': ['body.message'],
      'run search/lifecycle': ['body.message'],
      'run search/unknown attribute': ['body.message'],
      'run search/unknown entity': ['body.message'],
      'run search/no operator': ['body.message'],
      'run search/no value': ['body.message'],
      'run search/quote open': ['body.message'],
      'run search/semicolon': ['body.message'],
      'run search/order unknown': ['body.message'],
      'run search/order no entity': ['body.message'],
      'run search/order dataset': ['body.message'],
      'logged models/search nonsense': ['body.message'],
      'logged models/search order unknown': ['body.message'],
      'logged models/search order nothing': ['body.message'],
      'registry/search order wrong': ['body.message'],
      'registry/search nonsense': ['body.message'],
      'registry/search unknown': ['body.message'],
      'registry/search greater': ['body.message'],
      'registry/versions run in nothing': ['body.message'],
      'registry/versions unknown': ['body.message'],
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
    why: 'A run that says no start began when it was made, not in 1970.',
    differ: {
      'runs/create unnamed': ['body.run.info.start_time'],
      'runs/create named by tag': ['body.run.info.start_time'],
      'runs/create with same names': ['body.run.info.start_time'],
      'runs/create with user tag': ['body.run.info.start_time'],
      'runs/create with long tag': ['body.run.info.start_time'],
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
    why: 'A page token is opaque; what is wrong with it is not shown in bytes.',
    differ: {
      'experiment search/bad token': ['body.message'],
      'run search/bad token': ['body.message'],
      'metrics/history bad token': ['body.message'],
      'registry/versions bad token': ['body.message'],
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
    why: 'A version names the logged model that it was made of.',
    differ: {
      'logged models/version of model': ['body.model_version.model_id'],
      'logged models/second version of model': ['body.model_version.model_id'],
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
    why: 'A search answers with what a run read, as the run itself does.',
    differ: {
      'logged models/runs by dataset': ['body.runs.0.inputs.model_inputs'],
      'logged models/runs by digest': ['body.runs.0.inputs.model_inputs'],
    },
  },
  {
    why: 'A dataset without a digest means every digest of it.',
    differ: {
      'logged models/search metric dataset': ['body.models'],
    },
  },
  {
    why: 'Errors of orders have one class.',
    differ: {
      'logged models/search order unknown': ['body.sqlstate', 'body.error_class'],
      'logged models/search order nothing': ['body.sqlstate', 'body.error_class'],
    },
  },
  {
    why: 'Messages about files name the path below the run or model, and what is wrong with a path.',
    differ: {
      'logged models/file missing': ['body.message'],
      'registry/version file up': ['body.message'],
      'artifacts/put absolute': ['body.message'],
      'artifacts/list up': ['body.message'],
      'artifacts/list encoded up': ['body.message'],
      'artifacts/list absolute': ['body.message'],
      'artifacts/get proxy missing': ['body.message'],
      'artifacts/list proxy up': ['body.message'],
      'artifacts/get missing': ['body.message'],
      'artifacts/get up': ['body.message'],
      'artifacts/upload up': ['body.message'],
    },
  },
  {
    why: 'An upload answers an empty object, as every verb without an answer does.',
    differ: {
      'artifacts/put spaced': ['headers.content-type', 'body'],
      'artifacts/put letters': ['headers.content-type', 'body'],
      'artifacts/put signs': ['headers.content-type', 'body'],
      'registry/file': ['headers.content-type', 'body'],
      'artifacts/put': ['headers.content-type', 'body'],
      'artifacts/put over': ['headers.content-type', 'body'],
      'artifacts/put deep': ['headers.content-type', 'body'],
      'artifacts/put page': ['headers.content-type', 'body'],
      'artifacts/put picture': ['headers.content-type', 'body'],
      'artifacts/put no ending': ['headers.content-type', 'body'],
      'artifacts/upload': ['body'],
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
    why: 'A version carries the digest of its frozen files.',
    differ: {
      'registry/version': ['body.model_version.digest'],
      'registry/version 2': ['body.model_version.digest'],
      'registry/get version': ['body.model_version.digest'],
      'registry/update version': ['body.model_version.digest'],
      'registry/update version without': ['body.model_version.digest'],
      'registry/stage': ['body.model_version.digest'],
      'registry/stage lower': ['body.model_version.digest'],
      'registry/stage archive': ['body.model_version.digest'],
      'registry/stage archived': ['body.model_version.digest'],
      'registry/latest': ['body.model_versions.0.digest', 'body.model_versions.1.digest'],
      'registry/latest stage': ['body.model_versions.0.digest'],
      'registry/latest GET': ['body.model_versions.0.digest'],
      'registry/by alias': ['body.model_version.digest'],
      'registry/search': [
        'body.registered_models.1.latest_versions.0.digest',
        'body.registered_models.1.latest_versions.1.digest',
      ],
      'registry/search name': [
        'body.registered_models.0.latest_versions.0.digest',
        'body.registered_models.0.latest_versions.1.digest',
      ],
      'registry/search tag': [
        'body.registered_models.0.latest_versions.0.digest',
        'body.registered_models.0.latest_versions.1.digest',
      ],
      'registry/search order': [
        'body.registered_models.0.latest_versions.0.digest',
        'body.registered_models.0.latest_versions.1.digest',
      ],
      'registry/search order time': [
        'body.registered_models.0.latest_versions.0.digest',
        'body.registered_models.0.latest_versions.1.digest',
      ],
      'registry/search page 2': [
        'body.registered_models.0.latest_versions.0.digest',
        'body.registered_models.0.latest_versions.1.digest',
      ],
      'registry/versions': ['body.model_versions.0.digest', 'body.model_versions.1.digest'],
      'registry/versions name': ['body.model_versions.0.digest', 'body.model_versions.1.digest'],
      'registry/versions run': ['body.model_versions.0.digest', 'body.model_versions.1.digest'],
      'registry/versions run in': ['body.model_versions.0.digest', 'body.model_versions.1.digest'],
      'registry/versions source': ['body.model_versions.0.digest', 'body.model_versions.1.digest'],
      'registry/versions number': ['body.model_versions.0.digest'],
      'registry/versions tag': ['body.model_versions.0.digest'],
      'registry/versions order': ['body.model_versions.0.digest', 'body.model_versions.1.digest'],
      'registry/versions page': ['body.model_versions.0.digest'],
      'registry/get at end': ['body.registered_model.latest_versions.0.digest'],
    },
  },
  {
    why: 'A description is text, also when it is empty.',
    differ: {
      'registry/update version without': ['body.model_version.description'],
      'registry/stage': ['body.model_version.description'],
      'registry/stage archived': ['body.model_version.description'],
      'registry/latest': ['body.model_versions.0.description'],
      'registry/search': ['body.registered_models.1.latest_versions.0.description'],
      'registry/search name': ['body.registered_models.0.latest_versions.0.description'],
      'registry/search tag': ['body.registered_models.0.latest_versions.0.description'],
      'registry/search order': ['body.registered_models.0.latest_versions.0.description'],
      'registry/search order time': ['body.registered_models.0.latest_versions.0.description'],
      'registry/search page 2': ['body.registered_models.0.latest_versions.0.description'],
      'registry/versions': ['body.model_versions.1.description'],
      'registry/versions name': ['body.model_versions.1.description'],
      'registry/versions run': ['body.model_versions.1.description'],
      'registry/versions run in': ['body.model_versions.1.description'],
      'registry/versions source': ['body.model_versions.1.description'],
      'registry/versions number': ['body.model_versions.0.description'],
      'registry/versions tag': ['body.model_versions.0.description'],
      'registry/versions order': ['body.model_versions.0.description'],
      'registry/get at end': ['body.registered_model.latest_versions.0.description'],
    },
  },
  {
    why: 'Lists of versions name their aliases, as one version does.',
    differ: {
      'registry/search': ['body.registered_models.1.latest_versions.1.aliases'],
      'registry/search name': ['body.registered_models.0.latest_versions.1.aliases'],
      'registry/search tag': ['body.registered_models.0.latest_versions.1.aliases'],
      'registry/search order': ['body.registered_models.0.latest_versions.1.aliases'],
      'registry/search order time': ['body.registered_models.0.latest_versions.1.aliases'],
      'registry/search page 2': ['body.registered_models.0.latest_versions.1.aliases'],
      'registry/versions': ['body.model_versions.0.aliases'],
      'registry/versions name': ['body.model_versions.0.aliases'],
      'registry/versions run': ['body.model_versions.0.aliases'],
      'registry/versions run in': ['body.model_versions.0.aliases'],
      'registry/versions source': ['body.model_versions.0.aliases'],
      'registry/versions order': ['body.model_versions.1.aliases'],
      'registry/versions page': ['body.model_versions.0.aliases'],
    },
  },
  {
    why: 'A version is downloaded from its frozen files, not from where they were logged.',
    differ: {
      'registry/download uri': ['body.artifact_uri'],
    },
  },
  {
    why: 'Text says its encoding, and markup is sent as text, so that no browser runs it.',
    differ: {
      'artifacts/get spaced': ['headers.content-type'],
      'artifacts/get letters': ['headers.content-type'],
      'artifacts/get proxy letters': ['headers.content-type'],
      'artifacts/get proxy': ['headers.content-type'],
      'artifacts/get proxy json': ['headers.content-type'],
      'artifacts/get proxy page': ['headers.content-type'],
      'artifacts/get proxy ajax': ['headers.content-type'],
      'artifacts/get': ['headers.content-type'],
      'artifacts/get uuid': ['headers.content-type'],
      'artifacts/get page': ['headers.content-type'],
      'artifacts/get json': ['headers.content-type'],
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
    why: 'Workspaces are projects and always on; a gateway there is not.',
    differ: {
      'server/info': ['body.workspaces_enabled', 'body.features_enabled.gateway'],
      'server/info ajax': ['body.workspaces_enabled', 'body.features_enabled.gateway'],
    },
  },
  {
    why: 'A run that has not ended has no end.',
    differ: {
      'graphql/get run': ['body.data.mlflowGetRun.run.info.endTime'],
    },
  },
  {
    why: 'A trace that nobody named has the name of its root span.',
    differ: {
      'traces/get unnamed': ['body.trace.trace_info.tags.mlflow.traceName'],
    },
  },
  {
    why: 'Words of another library of GraphQL.',
    differ: {
      'graphql/unknown field': ['body.errors.0'],
    },
  },
  {
    why: 'A sample is never larger than asked for.',
    differ: {
      'graphql/bulk interval': ['body.data.mlflowGetMetricHistoryBulkInterval.metrics'],
    },
  },
];
