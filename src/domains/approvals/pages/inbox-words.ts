import { counted, lead, type LeadPart } from '../../../lib/lead.ts';
import type { StatusWord } from '../../../ui/status-words.ts';
import type { Approval, ApprovalState } from '../schema.ts';

export function inboxLead(open: number, checking: number): LeadPart[] {
  const requests = (n: number, definition: string) =>
    counted(n, { definition, rows: { label: 'the inbox', href: '/inbox' } });
  return lead(
    ...(open === 0
      ? ['Nothing waits for you.']
      : [
          requests(open, 'Requests of all projects that a person has to answer.'),
          open === 1 ? ' thing needs you.' : ' things need you.',
        ]),
    ...(checking === 0
      ? []
      : [
          ' The gates of ',
          requests(checking, 'Requests whose gates are not through; people are asked when they pass.'),
          checking === 1
            ? ' more request are being checked; people are asked when they pass.'
            : ' more requests are being checked; people are asked when they pass.',
        ]),
  ).parts;
}

export const STATE_WORDS: Readonly<Record<ApprovalState, StatusWord>> = {
  checking: 'Running',
  open: 'Needs you',
  approved: 'Done',
  rejected: 'Failed',
  void: 'Cancelled',
  expired: 'Stale',
};

/** What the end of a request is called where the glyph alone would not say it. */
export const END_WORDS: Readonly<Record<ApprovalState, string>> = {
  checking: 'gates are checked',
  open: 'open',
  approved: 'approved',
  rejected: 'rejected',
  void: 'void',
  expired: 'expired',
};

/** Who still has to agree, in words. */
export function needText(approval: Approval): string {
  const yes = approval.votes.filter((vote) => vote.yes).length;
  const left = Math.max(0, approval.needed - yes);
  const people = left === 1 ? 'one yes' : `${left} yeses`;
  return `${people} missing of ${approval.needed}${approval.allow_self ? '' : ', not from who asked'}`;
}

/** Why this person's yes would not count; undefined when it does. */
export function selfBarrier(approval: Approval, me: string | undefined): string | undefined {
  if (me === undefined) return undefined;
  if (approval.votes.some((vote) => vote.voter === me)) return 'You have answered already.';
  if (!approval.allow_self && approval.requested_by === me)
    return 'You started this; someone else must approve.';
  return undefined;
}
