import { expect, it } from 'vitest';
import { lead } from '../../../lib/lead.ts';
import type { Approval } from '../schema.ts';
import { inboxLead, needText, selfBarrier } from './inbox-words.ts';

const approval: Approval = {
  id: 1,
  project: 'flights',
  kind: 'promotion',
  subject: 'rondo:endpoint:flight-delay',
  digest: '9c1e04ab7d20',
  title: 'Promote flight-delay v3 to staging',
  payload: {},
  state: 'open',
  needed: 2,
  allow_self: false,
  requested_by: 'ana',
  reason: null,
  created_at: 0,
  expires_at: null,
  decided_at: null,
  votes: [{ voter: 'li', yes: true, comment: '', voted_at: 1 }],
};

it('says what needs somebody, and what only machines look at yet', () => {
  const text = (open: number, checking: number) => lead(...inboxLead(open, checking)).text;
  expect(text(0, 0)).toBe('Nothing waits for you.');
  expect(text(2, 1)).toMatch(/^2 things need you\. The gates of 1 more request/);
});

it('keeps who asked, and who has answered, from a second say', () => {
  expect(needText(approval)).toBe('one yes missing of 2, not from who asked');
  expect(selfBarrier(approval, 'ana')).toContain('someone else must approve');
  expect(selfBarrier(approval, 'li')).toContain('already');
  expect(selfBarrier(approval, 'bo')).toBeUndefined();
  expect(selfBarrier({ ...approval, allow_self: true }, 'ana')).toBeUndefined();
});
