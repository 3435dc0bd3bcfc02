import { TextInput } from '@mantine/core';
import { X } from 'lucide-react';
import { useState } from 'react';
import { toAppError } from '../../../lib/errors.ts';
import { Action } from '../../../ui/action.tsx';
import { useAskAnew, useBarrier, useCall } from '../../../ui/data.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf } from '../../../ui/place.ts';
import { toast } from '../../../ui/toasts.tsx';
import { modelsContract } from '../contract/models.ts';
import type { RegisteredModel } from '../schema.ts';

/** Sets, moves and removes an alias; each is undone from its toast. */
function useAlias(name: string) {
  const call = useCall();
  const askAnew = useAskAnew();
  const put = async (alias: string, version: string | undefined) => {
    if (version === undefined) await call(modelsContract.deleteAlias, { body: { name, alias } });
    else await call(modelsContract.setAlias, { body: { name, alias, version } });
    await askAnew();
  };
  const failed = (error: unknown) => toast(toAppError(error).message);
  return (alias: string, version: string | undefined, before: string | undefined): Promise<void> =>
    put(alias, version)
      .then(() =>
        toast(
          version === undefined ? `${alias} was removed.` : `${alias} is v${version} now.`,
          () => void put(alias, before).catch(failed),
        ),
      )
      .catch(failed);
}

/** Names that stand for a version, and can be pointed at another. */
export function Aliases({
  project,
  model,
  versions,
}: {
  project: string;
  model: RegisteredModel;
  /** Numbers, the newest first. */
  versions: readonly string[];
}) {
  const barrier = useBarrier('track');
  const put = useAlias(model.name);
  const [alias, setAlias] = useState('');
  const [version, setVersion] = useState<string>();
  const aliases = model.aliases ?? [];
  const chosen = version ?? versions[0];
  const name = alias.trim();
  const missing = name === '' ? 'The name is missing.' : undefined;
  const options = versions.map((each) => (
    <option key={each} value={each}>
      v{each}
    </option>
  ));
  return (
    <Panel title="Aliases" note="names that callers use, and that move from version to version">
      <div className="r-stack">
        {aliases.length === 0 ? <p className="r-small">No alias was set.</p> : null}
        <ul className="r-list">
          {aliases.map((each) => (
            <li key={each.alias} className="r-row">
              <a href={pageOf(project, 'models', model.name, each.version)}>{each.alias}</a>
              <select
                className="r-select"
                aria-label={`Version of ${each.alias}`}
                value={each.version}
                disabled={barrier !== undefined}
                title={barrier}
                onChange={(event) => void put(each.alias, event.currentTarget.value, each.version)}
              >
                {versions.includes(each.version) ? null : (
                  <option value={each.version}>v{each.version}</option>
                )}
                {options}
              </select>
              <button
                type="button"
                className="r-iconbutton"
                aria-label={`Remove ${each.alias}`}
                disabled={barrier !== undefined}
                title={barrier ?? `Remove ${each.alias}`}
                onClick={() => void put(each.alias, undefined, each.version)}
              >
                <X className="r-icon" />
              </button>
            </li>
          ))}
        </ul>
        {chosen === undefined ? null : (
          <form
            className="r-row"
            onSubmit={(event) => {
              event.preventDefault();
              if (missing || barrier) return;
              const before = aliases.find((each) => each.alias === name)?.version;
              void put(name, chosen, before).then(() => setAlias(''));
            }}
          >
            <TextInput
              aria-label="New alias"
              placeholder="New alias"
              value={alias}
              maxLength={255}
              autoComplete="off"
              onChange={(event) => setAlias(event.currentTarget.value)}
            />
            <select
              className="r-select"
              aria-label="Version of the new alias"
              value={chosen}
              onChange={(event) => setVersion(event.currentTarget.value)}
            >
              {options}
            </select>
            <Action submit because={barrier ?? missing}>
              Set alias
            </Action>
          </form>
        )}
      </div>
    </Panel>
  );
}
