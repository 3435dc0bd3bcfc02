import type { LoggedModel, Run } from '../../tracking/schema.ts';

/** Something a run left behind that can become a version of a registered model. */
export interface ModelSource {
  /** As a version names it: `models:/m-…` or `runs:/<run>/<folder>`. */
  source: string;
  label: string;
  note: string;
  model_id?: string;
}

interface Found {
  run: Run;
  logged: readonly LoggedModel[];
  /** Folders at the top of the run's files. */
  folders: readonly string[];
}

/** Models that the run logged, the newest first, then folders of its files that its history calls models, then the other folders. */
export function modelSources({ run, logged, folders }: Found): ModelSource[] {
  const id = run.info.run_id;
  const models = logged
    .toSorted((a, b) => b.info.creation_timestamp_ms - a.info.creation_timestamp_ms)
    .map(({ info }) => ({
      source: `models:/${info.model_id}`,
      label: info.name || info.model_id,
      note: ['logged model', info.model_type].filter(Boolean).join(', '),
      model_id: info.model_id,
    }));
  const known = historyOf(run);
  const places = [...new Set([...known, ...folders])];
  return [
    ...models,
    ...places.map((path) => ({
      source: `runs:/${id}/${path}`,
      label: path,
      note: known.includes(path) ? 'model among the files of the run' : 'folder of the run',
    })),
  ];
}

const HISTORY = 'mlflow.log-model.history';

/** Where clients before logged models put them; a client wrote the tag, so it may hold anything. */
function historyOf(run: Run): string[] {
  const text = run.data.tags?.find((tag) => tag.key === HISTORY)?.value;
  if (!text) return [];
  try {
    const said: unknown = JSON.parse(text);
    const paths = (Array.isArray(said) ? said : []).map(
      (each) => (each as { artifact_path?: unknown } | null)?.artifact_path,
    );
    return paths.filter((path) => typeof path === 'string' && path !== '') as string[];
  } catch {
    return [];
  }
}
