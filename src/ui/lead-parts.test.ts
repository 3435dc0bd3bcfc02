import { expect, it } from 'vitest';
import { leadText, type LeadPart } from './lead-parts.ts';

const proof = { definition: 'a number', query: 'select 1' };
const NOW = Date.UTC(2026, 10, 20, 14, 2, 11);

it('prints a lead as the sentence that CLI and notification show', () => {
  const parts: LeadPart[] = [
    { type: 'link', text: 'Version 2', href: '/p/flights/models/flight-delay/2' },
    { type: 'text', text: ' serves all of prod. Its log loss is ' },
    { type: 'number', value: 0.41931, interval: [0.41488, 0.42371], n: 48_210, proof },
    { type: 'text', text: ' since ' },
    { type: 'time', at: NOW - 240_000, clock: 'wall' },
    { type: 'text', text: '; errors ' },
    { type: 'number', value: 0.0012, style: 'share', proof },
    { type: 'text', text: ',  p99 ' },
    { type: 'number', value: 3.1, style: 'measure', unit: 'ms', proof },
    { type: 'text', text: '.' },
  ];
  expect(leadText(parts, NOW, 'UTC')).toBe(
    'Version 2 serves all of prod. Its log loss is 0.4193 (0.4149 to 0.4237) since 4 min ago; errors 0.120%, p99 3.10 ms.',
  );
});
