import { expect, it } from 'vitest';
import type { LoggedModel, Run } from '../../tracking/schema.ts';
import { modelSources } from './register-sources.ts';

const run = (history?: string) =>
  ({
    info: { run_id: 'r1' },
    data: { tags: history === undefined ? [] : [{ key: 'mlflow.log-model.history', value: history }] },
  }) as Run;
const logged = (id: string, name: string, at: number) =>
  ({ info: { model_id: id, name, creation_timestamp_ms: at, model_type: 'sklearn' } }) as LoggedModel;

it('offers logged models first, the newest on top, then models among the files, then other folders, each once', () => {
  const history = JSON.stringify([{ artifact_path: 'old/model' }, { artifact_path: 'net' }]);
  expect(
    modelSources({
      run: run(history),
      logged: [logged('m-1', 'first', 1), logged('m-2', '', 2)],
      folders: ['net', 'plots'],
    }),
  ).toEqual([
    { source: 'models:/m-2', label: 'm-2', note: 'logged model, sklearn', model_id: 'm-2' },
    { source: 'models:/m-1', label: 'first', note: 'logged model, sklearn', model_id: 'm-1' },
    { source: 'runs:/r1/old/model', label: 'old/model', note: 'model among the files of the run' },
    { source: 'runs:/r1/net', label: 'net', note: 'model among the files of the run' },
    { source: 'runs:/r1/plots', label: 'plots', note: 'folder of the run' },
  ]);
});

it.each(['{', '7', '[null, 3, {"artifact_path": 5}]', '{"artifact_path": "a"}'])(
  'finds nothing in a history of %s',
  (history) => {
    expect(modelSources({ run: run(history), logged: [], folders: [] })).toEqual([]);
  },
);
