import { Menu, Modal, Select, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Action } from '../ui/action.tsx';
import { Delta } from '../ui/delta.tsx';
import { DiffView } from '../ui/diff-view.tsx';
import { Empty } from '../ui/empty.tsx';
import { LoadingBars } from '../ui/loading-bars.tsx';
import { LogView } from '../ui/log-view.tsx';
import { Banner, Panel } from '../ui/panel.tsx';
import { toast } from '../ui/toasts.tsx';
import * as sample from './gallery-samples.ts';

/** Log, diff, inputs, buttons, menu and dialog. */
export function Texts() {
  return (
    <>
      <Panel title="Log of report">
        <LogView label="Log of report" lines={sample.logLines} height={220} />
      </Panel>
      <Panel title="What changed">
        <DiffView
          kind="fields"
          before="v2"
          after="v3"
          rows={[
            {
              key: 'training data',
              before: 'flights v5',
              after: 'flights v6',
              changed: true,
              note: '+48,210 rows',
            },
            {
              key: 'log loss',
              before: '0.4193',
              after: '0.4155',
              changed: true,
              note: (
                <Delta
                  value={-0.0038}
                  interval={[-0.0065, -0.0011]}
                  better="lower"
                  proof={{ definition: 'New minus old.', query: 'select 1' }}
                />
              ),
            },
            { key: 'mean_delay_destination', after: 'double', changed: true, note: 'input added' },
            { key: 'depth', before: 8, after: 8, changed: false },
          ]}
        />
        <DiffView
          kind="text"
          before="v2"
          after="v3"
          beforeText={
            'model:\n  kind: gbdt\n  trees: 200\n  depth: 8\n  rate: 0.1\ndata:\n  dataset: flights\n  version: 5\n  months: 5\n  as_of: landing\n  hold_out: june\nseed: 7'
          }
          afterText={
            'model:\n  kind: gbdt\n  trees: 300\n  depth: 8\n  rate: 0.05\ndata:\n  dataset: flights\n  version: 6\n  months: 5\n  as_of: landing\n  hold_out: june\nseed: 7'
          }
        />
      </Panel>
      <Panel title="Inputs and buttons">
        <div className="r-gallery-pair">
          <TextInput
            label="Margin"
            description="Machine learning must beat the baseline by this."
            placeholder="0.010"
            rightSection={<span className="r-small">log loss</span>}
            rightSectionWidth={64}
          />
          <TextInput label="Hour" defaultValue="8h" error="Expected an integer from 0 to 23, found “8h”." />
          <Select label="Environment" data={['dev', 'staging', 'prod']} defaultValue="staging" />
          <Switch label="Ask for approval" defaultChecked />
        </div>
        <p className="r-row" style={{ marginTop: 16 }}>
          <Action kind="primary">Promote v3 to staging</Action>
          <Action>Compare</Action>
          <Action kind="harmful">Delete 3 models</Action>
          <Action kind="decide">Approve v3</Action>
          <Action because="Needs operator. You are editor. Ask Ana or Li.">Promote</Action>
          <MenuAndDialog />
        </p>
      </Panel>
    </>
  );
}

function MenuAndDialog() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Menu>
        <Menu.Target>
          <button type="button" className="r-action">
            More
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => toast('3 runs moved to trash.', () => toast('3 runs are back.'))}>
            Move 3 runs to trash
          </Menu.Item>
          <Menu.Item onClick={() => setOpen(true)}>Delete for good</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={open} onClose={() => setOpen(false)} title="Delete 3 models for good?">
        <p>v1 is live in prod, 41 runs link to it. Frees 1.2 GB.</p>
        <p className="r-row" style={{ marginTop: 16 }}>
          <Action kind="harmful" onClick={() => setOpen(false)}>
            Delete 3 models
          </Action>
          <Action onClick={() => setOpen(false)}>Keep them</Action>
        </p>
      </Modal>
    </>
  );
}

/** What a panel can be in. */
export function States({ onAsOf }: { onAsOf: () => void }) {
  const none = () => toast('The filter was cleared.');
  return (
    <>
      <Panel title="States of a panel" actions={<Action onClick={onAsOf}>Look back in time</Action>} />
      <div className="r-gallery-pair">
        <Panel title="Loading">
          <LoadingBars rows={4} awaiting="Counting, 48,210 rows so far." onCancel={none} />
        </Panel>
        <Panel title="Refreshing" state={{ kind: 'ready', refreshing: true }}>
          <p>Old data stays while new loads.</p>
        </Panel>
        <Panel
          title="Filtered out"
          state={{
            kind: 'filtered',
            sentence: 'No run matches the filter; 1,204 without it.',
            onClear: none,
            drop: { term: 'metrics.auc > 0.9', onDrop: none },
          }}
        />
        <Panel
          title="Waiting"
          state={{
            kind: 'waiting',
            sentence: 'No labels yet. The first are due about 14 Jun: feedback has taken 36 h so far.',
          }}
        />
        <Panel
          title="Error"
          state={{
            kind: 'error',
            onRetry: none,
            fault: {
              code: 'GATE_FAILED',
              message:
                'v3 was not promoted to prod. Gate “slices” failed: AK is worse by 0.021 (limit 0.010).',
              hint: 'Open the slice, or ask for a waiver.',
              request_id: 'req_01hx3f2a91c0',
            },
          }}
        />
        <Panel
          title="Never any"
          state={{
            kind: 'empty',
            empty: (
              <Empty command="rondo run examples/flights --server http://127.0.0.1:4400 --project flights">
                Runs appear here when something trains: a pipeline, a notebook, or the mlflow client.
              </Empty>
            ),
          }}
        />
      </div>
      <Banner kind="offline">
        No connection since 14:02:11. You see data of that time. Next try in 8 s.
      </Banner>
    </>
  );
}
