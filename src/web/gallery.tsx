import { Menu, Modal, Select, Switch, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Action } from '../ui/action.tsx';
import { Bars, Reliability } from '../ui/bars.tsx';
import { CopyAs } from '../ui/copy-as.tsx';
import { Delta } from '../ui/delta.tsx';
import { DiffView } from '../ui/diff-view.tsx';
import { Distribution } from '../ui/distribution.tsx';
import { Empty } from '../ui/empty.tsx';
import { Gantt } from '../ui/gantt.tsx';
import { GateList } from '../ui/gate-list.tsx';
import { GraphView } from '../ui/graph-view.tsx';
import { Id } from '../ui/id.tsx';
import { Interval } from '../ui/interval.tsx';
import { LoadingBars } from '../ui/loading-bars.tsx';
import { LogView } from '../ui/log-view.tsx';
import { Num } from '../ui/num.tsx';
import { PageFrame } from '../ui/page-frame.tsx';
import { Banner, Panel } from '../ui/panel.tsx';
import { Ring } from '../ui/ring.tsx';
import { NeedsYou, Status } from '../ui/status.tsx';
import { STATUS, type StatusWord } from '../ui/status-words.ts';
import { TimeChart } from '../ui/time-chart.tsx';
import { toast } from '../ui/toasts.tsx';
import { When } from '../ui/when.tsx';
import { GalleryTable } from './gallery-table.tsx';
import * as sample from './gallery-samples.ts';
import './gallery.css';

const NOW = Date.now();
const WORDS = Object.keys(STATUS) as StatusWord[];

/** Every part of the kit in its states, with sample values; for looking, not for work. */
export function Gallery() {
  const [asOf, setAsOf] = useState(false);
  return (
    <PageFrame
      title="Parts of the kit, with sample values"
      mark={<Status word="Provisional" chip />}
      lead={[
        { type: 'text', text: 'Version 2 serves all of prod. Its log loss rose to ' },
        { type: 'number', value: 0.46312, interval: [0.4582, 0.468], n: 48_210, proof: sample.proof },
        { type: 'text', text: ' in June, more than chance explains; ' },
        { type: 'link', text: 'turn 7', href: '/kit' },
        { type: 'text', text: ' trains a replacement, and one approval has waited for you since ' },
        { type: 'time', at: NOW - 240_000, clock: 'wall' },
        { type: 'text', text: '.' },
      ]}
      actions={
        <>
          <Action kind="primary">Run pipeline</Action>
          <CopyAs
            label="Copy status"
            formats={[
              { label: 'Markdown', text: 'v2 is live' },
              { label: 'curl', text: 'curl' },
            ]}
          />
        </>
      }
      tabs={[
        { id: 'all', label: 'All parts', href: '/kit' },
        { id: 'rings', label: 'Rings', href: '/kit?tab=rings', count: 2 },
        { id: 'charts', label: 'Charts', href: '/kit?tab=charts' },
      ]}
      tab="all"
      banner={
        asOf ? (
          <Banner kind="as-of" action={{ label: 'Back to now', onClick: () => setAsOf(false) }}>
            As of 3 Mar 2026 09:00 UTC. Read only.
          </Banner>
        ) : undefined
      }
    >
      <Rings />
      <Charts />
      <GalleryTable now={NOW} />
      <Words />
      <Graphs />
      <Texts />
      <States onAsOf={() => setAsOf(true)} />
    </PageFrame>
  );
}

function Rings() {
  const ring = useMemo(() => sample.sampleRing(NOW), []);
  const every = useMemo(() => sample.everyState(), []);
  const [turn, setTurn] = useState<number>();
  return (
    <>
      <Panel title="Ring" note={turn ? `turn ${turn}` : undefined}>
        <Ring ring={ring} turn={turn} onTurn={setTurn} />
      </Panel>
      <Panel title="Ring in every state, and disconnected">
        <div className="r-gallery-pair">
          <div style={{ maxWidth: 460, width: '100%' }}>
            <Ring ring={every} />
          </div>
          <div style={{ maxWidth: 320, width: '100%' }}>
            <Ring ring={{ ...ring, asOf: NOW }} />
          </div>
        </div>
      </Panel>
    </>
  );
}

function Charts() {
  return (
    <>
      <Panel>
        <TimeChart
          metric="log loss of flight-delay"
          axis={{ kind: 'time', clock: 'event' }}
          x={sample.days}
          sync="gallery"
          series={[
            {
              key: 'current',
              label: 'v2',
              role: 'current',
              values: sample.quality,
              low: sample.qualityLow,
              high: sample.qualityHigh,
              provisionalFrom: sample.days.length - 4,
            },
            { key: 'baseline', label: 'baseline', role: 'reference', values: sample.baseline },
          ]}
          limits={[{ at: 0.44, label: 'limit' }]}
          events={sample.events}
          caption="n 1,204 to 5,112 a day, days without traffic hatched, the last 4 days provisional"
        />
      </Panel>
      <Panel>
        <TimeChart
          metric="log loss in training"
          axis={{ kind: 'count', name: 'step' }}
          x={sample.steps}
          series={[
            { key: 'v2', label: 'v2', role: 'current', values: sample.champion },
            { key: 'v3', label: 'v3', role: 'candidate', values: sample.candidate },
          ]}
          height={180}
        />
      </Panel>
      <div className="r-gallery-pair">
        <Panel title="distance, miles">
          <Distribution
            kind="numeric"
            label="distance"
            bins={sample.bins}
            under={{ reference: 0.01, current: 0.004 }}
            over={{ reference: 0.004, current: 0.02 }}
            nReference={501_204}
            nCurrent={48_210}
          />
        </Panel>
        <Panel title="carrier">
          <Distribution
            kind="category"
            label="carrier"
            categories={sample.carriers}
            nReference={501_204}
            nCurrent={48_210}
          />
        </Panel>
      </div>
      <div className="r-gallery-pair">
        <Panel title="log loss by slice">
          <Bars
            label="log loss by carrier"
            limit={{ at: 0.44, label: 'limit' }}
            rows={[
              { label: 'AK', value: 0.491, interval: [0.462, 0.52], n: 1204 },
              { label: 'WN', value: 0.452, interval: [0.447, 0.457], n: 8110 },
              { label: 'DL', value: 0.431, interval: [0.426, 0.436], n: 7902 },
              { label: 'baseline', value: 0.466, n: 48_210, role: 'reference' },
            ]}
          />
        </Panel>
        <Panel title="Is the probability honest?">
          <Reliability
            label="v2 on June"
            points={[0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75].map((predicted, i) => ({
              predicted,
              observed: predicted * 0.86 + 0.03,
              interval: [
                predicted * 0.86 + 0.03 - 0.01 * (i + 1),
                predicted * 0.86 + 0.03 + 0.01 * (i + 1),
              ] as const,
              n: Math.round(14_000 * 0.6 ** i),
            }))}
          />
        </Panel>
      </div>
      <Panel title="Which is better, by how much?">
        <Interval
          metric="log loss"
          marks={[
            { at: 0.434, label: 'baseline' },
            { at: 0.424, label: 'with margin' },
          ]}
          rows={[
            { label: 'baseline', value: 0.434, interval: [0.43, 0.438], n: 48_210, role: 'reference' },
            { label: 'v2', value: 0.4193, interval: [0.4149, 0.4237], n: 48_210, role: 'current' },
            { label: 'v3', value: 0.4155, interval: [0.409, 0.422], n: 12_110, role: 'candidate' },
          ]}
        />
      </Panel>
    </>
  );
}

function Words() {
  return (
    <>
      <Panel title="Status">
        <div className="r-gallery-words">
          {WORDS.map((word) => (
            <Status key={word} word={word} />
          ))}
        </div>
        <div className="r-gallery-words">
          {WORDS.map((word) => (
            <Status key={word} word={word} chip />
          ))}
        </div>
        <p className="r-row">
          <NeedsYou count={2} href="/inbox" /> <NeedsYou>Approve v3</NeedsYou>
        </p>
      </Panel>
      <Panel title="Numbers, times, ids">
        <dl className="r-facts">
          <div>
            <dt>estimated</dt>
            <dd>
              <Num
                kind="estimated"
                value={0.41931}
                n={48_210}
                interval={[0.4149, 0.4237]}
                unit="log loss"
                proof={sample.proof}
              />
            </dd>
          </div>
          <div>
            <dt>no interval</dt>
            <dd>
              <Num
                kind="estimated"
                value={0.7}
                n={3}
                interval={{ none: 'n 3 is too few for an interval' }}
                style="share"
              />
            </dd>
          </div>
          <div>
            <dt>counted</dt>
            <dd>
              <Num
                kind="counted"
                value={1_204_311}
                unit="rows"
                proof={{ definition: 'Rows of flights version 6.', n: 1_204_311 }}
              />
            </dd>
          </div>
          <div>
            <dt>logged</dt>
            <dd>
              <Num
                kind="logged"
                value={0.000123}
                run={{ id: '3f2a91c07be8', href: '/kit' }}
                proof={{ definition: 'Metric lr, last value.' }}
              />
            </dd>
          </div>
          <div>
            <dt>better</dt>
            <dd>
              <Delta value={-0.0038} interval={[-0.0065, -0.0011]} better="lower" />
            </dd>
          </div>
          <div>
            <dt>worse</dt>
            <dd>
              <Delta value={0.019} interval={[0.007, 0.031]} better="lower" style="share" />
            </dd>
          </div>
          <div>
            <dt>unclear</dt>
            <dd>
              <Delta value={-0.0021} interval={[-0.0049, 0.0009]} better="lower" />
            </dd>
          </div>
          <div>
            <dt>no spread</dt>
            <dd>
              <Delta value={0.2} better="lower" style="measure" />
            </dd>
          </div>
          <div>
            <dt>wall clock</dt>
            <dd>
              <When at={NOW - 240_000} clock="wall" />
            </dd>
          </div>
          <div>
            <dt>event time</dt>
            <dd>
              <When at={Date.UTC(2001, 5, 14, 9)} clock="event" />
            </dd>
          </div>
          <div>
            <dt>id, digest</dt>
            <dd>
              <Id value="3f2a91c07be84d21" /> <Id value="sha256:91be4407cd1023fe7710" length={12} />
            </dd>
          </div>
        </dl>
      </Panel>
    </>
  );
}

function Graphs() {
  const [node, setNode] = useState<string>();
  return (
    <>
      <Panel title="Pipeline flights-train">
        <GraphView
          label="Steps of flights-train"
          nodes={sample.graphNodes}
          edges={sample.graphEdges}
          selected={node}
          onSelect={setNode}
        />
      </Panel>
      <Panel title="Where the time went">
        <Gantt
          label="Steps of run 3f2a91c0"
          rows={[
            {
              id: 'check',
              name: 'check',
              word: 'Passed',
              spans: [{ start: NOW - 180_000, end: NOW - 178_000, word: 'Passed' }],
              critical: true,
            },
            {
              id: 'features',
              name: 'late shares',
              word: 'Done',
              spans: [{ queuedAt: NOW - 178_000, start: NOW - 170_000, end: NOW - 122_000, word: 'Done' }],
              critical: true,
            },
            {
              id: 'static',
              name: 'static model',
              word: 'Done',
              spans: [
                { start: NOW - 122_000, end: NOW - 110_000, word: 'Failed' },
                { start: NOW - 106_000, end: NOW - 75_000, word: 'Done' },
              ],
            },
            {
              id: 'asof',
              name: 'as-of model',
              word: 'Running',
              spans: [{ start: NOW - 122_000, end: null, word: 'Running' }],
              critical: true,
            },
            { id: 'evaluate', name: 'evaluate', word: 'Queued', spans: [] },
          ]}
        />
      </Panel>
      <Panel title="Gates" note="2 of 4 passed">
        <GateList
          label="Gates of v3 for staging"
          gates={[
            {
              id: 'baseline',
              name: 'beats the baseline',
              rule: 'Log loss is at least 0.010 below the baseline.',
              word: 'Passed',
              value: 0.0186,
              interval: [0.0142, 0.023],
              limit: 0.01,
              n: 48_210,
            },
            {
              id: 'slices',
              name: 'no slice is worse',
              rule: 'No slice of at least 500 rows is worse by more than 0.010.',
              word: 'Failed',
              value: 0.021,
              interval: [0.012, 0.03],
              limit: 0.01,
              n: 4210,
              detail: <a href="/kit">Slice carrier = AK</a>,
            },
            {
              id: 'latency',
              name: 'p99 latency',
              rule: 'p99 at most 10 ms at 200 requests/s.',
              word: 'Running',
              value: 0.0031,
              limit: 0.01,
              style: 'seconds',
            },
            {
              id: 'approval',
              name: 'approval',
              rule: 'One operator says yes to digest 91be4407cd10.',
              word: 'Needs you',
              actions: (
                <>
                  <Action kind="decide">Approve v3</Action>
                  <Action>Reject</Action>
                </>
              ),
            },
          ]}
        />
      </Panel>
    </>
  );
}

function Texts() {
  return (
    <>
      <Panel title="Log of report">
        <LogView label="Log of report" lines={sample.logLines} live height={220} />
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
              note: <Delta value={-0.0038} interval={[-0.0065, -0.0011]} better="lower" />,
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

function States({ onAsOf }: { onAsOf: () => void }) {
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
