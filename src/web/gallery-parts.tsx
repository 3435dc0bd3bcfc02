import { useState } from 'react';
import { Action } from '../ui/action.tsx';
import { Delta } from '../ui/delta.tsx';
import { Gantt } from '../ui/gantt.tsx';
import { GateList } from '../ui/gate-list.tsx';
import { GraphView } from '../ui/graph-view.tsx';
import { Id } from '../ui/id.tsx';
import { Num } from '../ui/num.tsx';
import { Panel } from '../ui/panel.tsx';
import { NeedsYou, Status } from '../ui/status.tsx';
import { STATUS, type StatusWord } from '../ui/status-words.ts';
import { When } from '../ui/when.tsx';
import * as sample from './gallery-samples.ts';

const NOW = Date.now();
const WORDS = Object.keys(STATUS) as StatusWord[];

/** Status words and numbers. */
export function Words() {
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
                proof={{ definition: 'Share of 3 rows.', query: 'select 1' }}
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
                proof={{ definition: 'Rows of flights version 6.', n: 1_204_311, query: 'select 1' }}
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
                proof={{ definition: 'Metric lr, last value.', query: 'select 1' }}
              />
            </dd>
          </div>
          <div>
            <dt>better</dt>
            <dd>
              <Delta value={-0.0038} interval={[-0.0065, -0.0011]} better="lower" proof={sample.proof} />
            </dd>
          </div>
          <div>
            <dt>worse</dt>
            <dd>
              <Delta
                value={0.019}
                interval={[0.007, 0.031]}
                better="lower"
                style="share"
                proof={sample.proof}
              />
            </dd>
          </div>
          <div>
            <dt>unclear</dt>
            <dd>
              <Delta value={-0.0021} interval={[-0.0049, 0.0009]} better="lower" proof={sample.proof} />
            </dd>
          </div>
          <div>
            <dt>no spread</dt>
            <dd>
              <Delta value={0.2} better="lower" style="measure" proof={sample.proof} />
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

/** Graph, Gantt, gates. */
export function Graphs() {
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
