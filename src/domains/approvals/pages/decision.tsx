import { Textarea } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Action } from '../../../ui/action.tsx';
import { useAct, useBarrier, useMe } from '../../../ui/data.tsx';
import { Fault } from '../../../ui/fault.tsx';
import { Id } from '../../../ui/id.tsx';
import { approvalsContract } from '../contract.ts';
import type { Approval } from '../schema.ts';
import { selfBarrier } from './inbox-words.ts';

/** One request: what it changes, under its digest, and the answer. The answer waits until the change was on the screen. */
export function Decision({ approval, children }: { approval: Approval; children: ReactNode }) {
  const [comment, setComment] = useState('');
  const { ref, seen } = useSeen();
  const me = useMe();
  const vote = useAct(approvalsContract.vote, (after) =>
    after.state === 'approved'
      ? `${after.title}: approved.`
      : after.state === 'rejected'
        ? `${after.title}: rejected.`
        : 'Your answer is recorded.',
  );
  const may = useBarrier('operate');
  const because =
    may ??
    (approval.state === 'open' ? undefined : 'Its gates are checked first.') ??
    (seen ? undefined : 'Scroll through what changes first.');
  const answer = (yes: boolean) =>
    vote.run({ params: { id: approval.id }, body: { yes, comment, digest: approval.digest } });
  return (
    <section className="r-decision" aria-labelledby={`request-${approval.id}`}>
      <header>
        <h2 className="r-h2" id={`request-${approval.id}`}>
          {approval.title}
        </h2>
        <p className="r-small">
          digest <Id value={approval.digest} length={12} />, an answer holds while nothing below changes
        </p>
      </header>
      {children}
      <div ref={ref} aria-hidden />
      {vote.fault ? <Fault fault={vote.fault} /> : null}
      <div className="r-decision-answer">
        <Textarea
          label="Comment"
          description="Optional. Everybody who opens this request later reads it."
          autosize
          minRows={1}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
        <span className="r-row">
          <Action kind="harmful" because={because} onClick={() => answer(false)}>
            Reject
          </Action>
          <Action
            kind="decide"
            because={because ?? selfBarrier(approval, me?.name)}
            onClick={() => answer(true)}
          >
            {approvalVerb(approval)}
          </Action>
        </span>
      </div>
    </section>
  );
}

/** "Approve flight-delay v3 to staging": the button repeats what it does. */
const approvalVerb = (approval: Approval): string =>
  approval.title.startsWith('Promote ') ? `Approve ${approval.title.slice('Promote '.length)}` : 'Approve';

/** True once the end of the change has been on the screen. */
function useSeen() {
  const ref = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const place = ref.current;
    if (!place) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
    });
    observer.observe(place);
    return () => observer.disconnect();
  }, []);
  return { ref, seen };
}
