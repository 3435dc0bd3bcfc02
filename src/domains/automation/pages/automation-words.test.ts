import { expect, it } from 'vitest';
import { lead } from '../../../lib/lead.ts';
import { rulesLead } from './automation-words.ts';

it('counts what rules did and names those that stopped themselves', () => {
  const counts = { done: 2, started: 0, held_back: 1, failed: 1 };
  const rule = { name: 'retrain-on-decay', state: 'on' as const, counts };
  expect(lead(...rulesLead('p', [rule])).text).toBe(
    '1 of 1 rules listens; they acted 3 times in 90 days and held back 1 time.',
  );
  expect(lead(...rulesLead('p', [{ ...rule, state: 'open' }])).text).toContain(
    'retrain-on-decay failed too often and waits for you.',
  );
});
