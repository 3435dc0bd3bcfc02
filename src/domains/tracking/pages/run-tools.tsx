import { Menu, Modal, TextInput } from '@mantine/core';
import { Bookmark, Download } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { useAct, useBarrier, useDownload, useEndpoint } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { usePaletteEntries } from '../../../ui/palette-entries.ts';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { runTableContract } from '../contract/run-table.ts';
import { runsContract } from '../contract/runs.ts';
import type { Run } from '../schema.ts';
import type { RunsQuestion } from './use-runs.ts';

const FORMATS = [
  ['csv', 'CSV'],
  ['json', 'JSON'],
  ['parquet', 'Parquet'],
] as const;

/** All that matches in a file, with the columns that are shown or with every key there is. */
export function ExportMenu({ question }: { question: RunsQuestion }) {
  const download = useDownload();
  const get = (format: (typeof FORMATS)[number][0], columns: string[] | undefined) =>
    void download(
      runTableContract.exportRuns,
      {
        params: { project: question.project },
        body: {
          format,
          experiment_ids: [...question.experiments],
          filter: question.filter,
          view: question.view,
          order_by: [...question.order],
          ...(columns ? { columns } : {}),
        },
      },
      `runs.${format}`,
    );
  usePaletteEntries(
    useMemo(
      () =>
        FORMATS.map(([format, label]) => ({
          id: `runs.export.${format}`,
          kind: 'action' as const,
          label: `Export all that match as ${label}`,
          run: () => get(format, [...question.columns]),
        })),
      // oxlint-disable-next-line react-hooks/exhaustive-deps -- `get` is made anew at each draw and asks this question
      [question],
    ),
  );
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className="r-action">
          <Download className="r-icon" />
          Export
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>All that match, columns shown</Menu.Label>
        {FORMATS.map(([format, label]) => (
          <Menu.Item key={format} onClick={() => get(format, [...question.columns])}>
            {label}
          </Menu.Item>
        ))}
        <Menu.Label>All that match, every key</Menu.Label>
        {FORMATS.map(([format, label]) => (
          <Menu.Item key={format} onClick={() => get(format, undefined)}>
            {label}, every key
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Views of the table that somebody gave a name; the project shares them, and each is an address too. */
export function ViewsMenu() {
  const { project, go } = usePlace();
  const answer = useEndpoint(runTableContract.listRunViews, { params: { project } });
  const views = useMemo(() => answer.data?.views ?? [], [answer.data]);
  const forget = useAct(runTableContract.deleteRunView, () => 'The view was forgotten.');
  const [naming, setNaming] = useState(false);
  const barrier = useBarrier('track');
  const state = location.search.replace(/^\?/, '');
  usePaletteEntries(
    useMemo(
      () => [
        ...(barrier
          ? []
          : [
              {
                id: 'runs.view.save',
                kind: 'action' as const,
                label: 'Save this view of the runs',
                run: () => setNaming(true),
              },
            ]),
        ...views.map((view) => ({
          id: `runs.view ${view.name}`,
          kind: 'object' as const,
          label: view.name,
          note: 'view of the runs',
          href: `${pageOf(project, 'experiments')}${view.state ? `?${view.state}` : ''}`,
        })),
      ],
      [project, views, barrier],
    ),
  );
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <button type="button" className="r-action">
            <Bookmark className="r-icon" />
            Views
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.length === 0 ? <Menu.Label>No view has a name yet.</Menu.Label> : null}
          {views.map((view) => (
            <Menu.Item
              key={view.name}
              onClick={() => go(`${location.pathname}${view.state ? `?${view.state}` : ''}`)}
              aria-current={view.state === state || undefined}
            >
              {view.name}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item disabled={barrier !== undefined} title={barrier} onClick={() => setNaming(true)}>
            Save this view
          </Menu.Item>
          {views
            .filter((view) => view.state === state)
            .map((view) => (
              <Menu.Item
                key={view.name}
                disabled={barrier !== undefined}
                onClick={() => forget.run({ params: { project, name: view.name } })}
              >
                Forget {view.name}
              </Menu.Item>
            ))}
        </Menu.Dropdown>
      </Menu>
      {naming ? <NameView project={project} state={state} onClose={() => setNaming(false)} /> : null}
    </>
  );
}

function NameView({ project, state, onClose }: { project: string; state: string; onClose: () => void }) {
  const [name, setName] = useState('');
  const put = useAct(runTableContract.putRunView, ({ view }) => {
    onClose();
    return `Everybody in this project finds it under Views: ${view.name}.`;
  });
  return (
    <NameDialog
      title="Save this view"
      label="Name"
      help="A name that is in use gets this view instead."
      action="Save view"
      name={name}
      onName={setName}
      onClose={onClose}
      onDone={() => put.run({ params: { project, name: name.trim() }, body: { state } })}
      fault={put.fault}
    />
  );
}

/** Gives a run another name. */
export function RenameRun({ run, onClose }: { run: Run; onClose: (renamed: boolean) => void }) {
  const [name, setName] = useState(run.info.run_name);
  const rename = useAct(runsContract.updateRun, (answer) => {
    onClose(true);
    return `The run is called ${answer.run_info.run_name} now.`;
  });
  return (
    <NameDialog
      title="Rename the run"
      label="Name"
      action="Rename run"
      name={name}
      onName={setName}
      onClose={() => onClose(false)}
      onDone={() => rename.run({ body: { run_id: run.info.run_id, run_name: name.trim() } })}
      fault={rename.fault}
    />
  );
}

function NameDialog(props: {
  title: string;
  label: string;
  help?: string;
  action: string;
  name: string;
  onName: (name: string) => void;
  onClose: () => void;
  onDone: () => void;
  fault: Parameters<typeof Fault>[0]['fault'] | undefined;
}) {
  const missing = props.name.trim() === '' ? 'The name is missing.' : undefined;
  return (
    <Modal opened onClose={props.onClose} title={props.title}>
      <form
        className="r-stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!missing) props.onDone();
        }}
      >
        <TextInput
          label={props.label}
          description={props.help}
          value={props.name}
          maxLength={100}
          autoComplete="off"
          data-autofocus
          onChange={(event) => props.onName(event.currentTarget.value)}
        />
        {props.fault ? <Fault fault={props.fault} /> : null}
        <Action kind="primary" submit because={missing}>
          {props.action}
        </Action>
      </form>
    </Modal>
  );
}
