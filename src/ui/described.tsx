import { Textarea } from '@mantine/core';
import { useState } from 'react';
import type { Fault as FaultObject } from '../lib/errors.ts';
import { Action } from './action.tsx';
import { Fault } from './fault.tsx';
import { Markdown } from './markdown.tsx';
import { Panel } from './panel.tsx';

export interface DescribedProps {
  title?: string;
  text: string;
  /** What is said when nobody has written anything. */
  none: string;
  /** Why it cannot be changed now. */
  because: string | undefined;
  /** Saves a new text, and says when that is done. */
  onSave: (text: string, done: () => void) => void;
  fault: FaultObject | undefined;
}

/** What people wrote about a thing, in Markdown, and the field to write it in. */
export function Described({ title = 'Description', text, none, because, onSave, fault }: DescribedProps) {
  const [draft, setDraft] = useState<string>();
  if (draft === undefined)
    return (
      <Panel
        title={title}
        actions={
          <Action because={because} onClick={() => setDraft(text)}>
            {text ? 'Edit description' : 'Write description'}
          </Action>
        }
      >
        {text ? <Markdown text={text} /> : <p className="r-small">{none}</p>}
      </Panel>
    );
  return (
    <Panel title={title}>
      <form
        className="r-stack"
        onSubmit={(event) => {
          event.preventDefault();
          onSave(draft, () => setDraft(undefined));
        }}
      >
        <Textarea
          aria-label="Description, in Markdown"
          value={draft}
          autosize
          minRows={4}
          maxLength={8000}
          data-autofocus
          onChange={(event) => setDraft(event.currentTarget.value)}
        />
        {fault ? <Fault fault={fault} /> : null}
        <div className="r-row">
          <Action kind="primary" submit>
            Save description
          </Action>
          <Action onClick={() => setDraft(undefined)}>Keep as it was</Action>
        </div>
      </form>
    </Panel>
  );
}
