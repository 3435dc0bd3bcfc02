import { useState } from 'react';
import { Action } from '../ui/action.tsx';
import { CopyAs } from '../ui/copy-as.tsx';
import { PageFrame } from '../ui/page-frame.tsx';
import { Banner } from '../ui/panel.tsx';
import { Status } from '../ui/status.tsx';
import * as sample from './gallery-samples.ts';
import { Charts, Rings } from './gallery-charts.tsx';
import { Graphs, Words } from './gallery-parts.tsx';
import { GalleryTable } from './gallery-table.tsx';
import { States, Texts } from './gallery-texts.tsx';
import './gallery.css';

const NOW = Date.now();

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
        { type: 'text', text: ' trains a replacement, and one approval, asked ' },
        { type: 'time', at: NOW - 240_000, clock: 'wall' },
        { type: 'text', text: ', waits for you.' },
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
