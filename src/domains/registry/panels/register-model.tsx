import { Autocomplete, Modal, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type FormEvent, useState } from 'react';
import { type Fault as FaultOf, toAppError } from '../../../lib/errors.ts';
import { quotedLike } from '../../../lib/search/quoted-like.ts';
import { Action } from '../../../ui/action.tsx';
import { CodeBlock } from '../../../ui/code-block.tsx';
import {
  type Answered,
  panelState,
  useAskAnew,
  useBarrier,
  useCall,
  useEndpoint,
} from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { toast } from '../../../ui/toasts.tsx';
import { artifactsContract } from '../../tracking/contract/artifacts.ts';
import { loggedModelsContract } from '../../tracking/contract/logged-models.ts';
import type { Run } from '../../tracking/schema.ts';
import { modelsContract } from '../contract/models.ts';
import { versionsContract } from '../contract/versions.ts';
import type { RegisteredModel } from '../schema.ts';
import { type ModelSource, modelSources } from './register-sources.ts';

const TYPING_MS = 150;
const OFFERED = 20;

/** Makes a version of a registered model, new or not, from what a run left behind. */
export function RegisterModel({ run }: { run: Run }) {
  const [open, setOpen] = useState(false);
  const barrier = useBarrier('track');
  return (
    <>
      <Action because={barrier} onClick={() => setOpen(true)}>
        Register model
      </Action>
      {open ? <RegisterDialog run={run} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function RegisterDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const { sources, waiting } = useSources(run);
  return (
    <Modal opened onClose={onClose} title="Register a model">
      <Panel state={panelState(waiting, { rows: 3 })}>
        {sources.length > 0 ? <RegisterForm run={run} sources={sources} /> : <NoModel run={run} />}
      </Panel>
    </Modal>
  );
}

/** What the run left behind; `waiting` is the first of the questions that has no answer yet. */
function useSources(run: Run): { sources: readonly ModelSource[]; waiting: Answered<unknown> } {
  const { run_id, experiment_id } = run.info;
  const logged = useEndpoint(loggedModelsContract.searchLoggedModels, {
    body: { experiment_ids: [experiment_id], filter: `source_run_id = '${run_id}'` },
  });
  const files = useEndpoint(artifactsContract.listRunArtifacts, { query: { run_id } });
  const waiting = [logged, files].find(({ data }) => data === undefined) ?? files;
  const folders = (files.data?.files ?? []).filter((file) => file.is_dir).map((file) => file.path);
  return { sources: modelSources({ run, logged: logged.data?.models ?? [], folders }), waiting };
}

function NoModel({ run }: { run: Run }) {
  return (
    <div className="r-stack">
      <p className="r-prose">
        This run logged no model and no folder of files. Log one into it, then register it here.
      </p>
      <CodeBlock
        label="Log a model"
        forms={[
          {
            label: 'Python',
            text: `import mlflow\n\nwith mlflow.start_run(run_id="${run.info.run_id}"):\n    mlflow.sklearn.log_model(model, name="model")`,
          },
        ]}
      />
    </div>
  );
}

function RegisterForm({ run, sources }: { run: Run; sources: readonly ModelSource[] }) {
  const [source, setSource] = useState(sources[0]?.source ?? '');
  const [name, setName] = useState('');
  const models = useNamed(name);
  const trimmed = name.trim();
  const known = models.find((model) => model.name === trimmed);
  const { register, running, fault, made } = useRegister(run);
  const chosen = sources.find((each) => each.source === source);
  const because = !trimmed ? 'The name is missing.' : running ? 'It is being registered.' : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen && !because) void register(chosen, trimmed);
  };
  return (
    <form className="r-stack" onSubmit={submit}>
      <Select
        label="What of this run"
        description={chosen?.note}
        data={sources.map((each) => ({ value: each.source, label: each.label }))}
        value={source}
        onChange={(next) => next && setSource(next)}
        allowDeselect={false}
        searchable={sources.length > 10}
      />
      <Autocomplete
        label="As a version of"
        description={nameHelp(trimmed, known)}
        placeholder="Name of a model, new or registered"
        data={models.map((model) => model.name)}
        value={name}
        onChange={setName}
        limit={OFFERED}
        filter={({ options }) => options}
        maxLength={255}
        autoComplete="off"
        data-autofocus
      />
      {fault ? (
        <>
          <Fault fault={fault} />
          {made ? (
            <p className="r-small">{`${made} was registered as a name, without this version.`}</p>
          ) : null}
        </>
      ) : null}
      <div className="r-row">
        <Action kind="primary" submit because={because}>
          {trimmed ? `Register as ${trimmed}` : 'Register model'}
        </Action>
      </div>
    </form>
  );
}

function nameHelp(name: string, known: RegisteredModel | undefined): string {
  if (!name) return 'A name that nobody uses yet makes a new model.';
  if (!known) return `${name} is new: this becomes its version 1.`;
  const newest = Math.max(0, ...(known.latest_versions ?? []).map(({ version }) => Number(version)));
  return newest > 0
    ? `${name} has v${newest}; this becomes its next version.`
    : `${name} has no version yet; this becomes its first.`;
}

/** Registered models whose name holds what is typed. */
function useNamed(name: string): readonly RegisteredModel[] {
  const [typed] = useDebouncedValue(name.trim(), TYPING_MS);
  const filter = typed ? { filter: `name ILIKE ${quotedLike(typed)}` } : {};
  const found = useEndpoint(modelsContract.searchRegisteredModels, {
    query: { max_results: OFFERED, ...filter },
  }).data?.registered_models;
  // The one that is called exactly so may be behind many that are called alike.
  const exact = useEndpoint(
    modelsContract.searchRegisteredModels,
    typed ? { query: { max_results: 1, filter: `name = '${typed.replaceAll("'", "''")}'` } } : undefined,
  ).data?.registered_models;
  const others = (found ?? []).filter((model) => model.name !== exact?.[0]?.name);
  return [...(exact ?? []), ...others];
}

/** The name is made when there is none; then the version, whose page opens. */
function useRegister(run: Run) {
  const { project, go } = usePlace();
  const call = useCall();
  const askAnew = useAskAnew();
  const [running, setRunning] = useState(false);
  const [fault, setFault] = useState<FaultOf>();
  const [made, setMade] = useState<string>();

  async function nameExists(name: string): Promise<boolean> {
    const filter = `name = '${name.replaceAll("'", "''")}'`;
    const { registered_models: found = [] } = await call(modelsContract.searchRegisteredModels, {
      query: { max_results: 1, filter },
    });
    return found.length > 0;
  }

  async function register({ source, model_id }: ModelSource, name: string): Promise<void> {
    setRunning(true);
    setFault(undefined);
    setMade(undefined);
    try {
      if (!(await nameExists(name))) {
        await call(modelsContract.createRegisteredModel, { body: { name } });
        setMade(name);
      }
      const { model_version: version } = await call(versionsContract.createModelVersion, {
        body: { name, source, run_id: run.info.run_id, ...(model_id ? { model_id } : {}) },
      });
      toast(`v${version.version} of ${name} is registered.`);
      go(pageOf(project, 'models', name, version.version));
      await askAnew();
    } catch (error) {
      setFault(toAppError(error).toFault());
    } finally {
      setRunning(false);
    }
  }
  return { register, running, fault, made };
}
