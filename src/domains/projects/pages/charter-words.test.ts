import { expect, it } from 'vitest';
import { lead } from '../../../lib/lead.ts';
import { ProjectFile } from '../schema.ts';
import { charterLead, costThreshold, flatten } from './charter-words.ts';

const file = ProjectFile.parse({
  project: 'flights',
  charter: {
    question: 'Is a flight late?',
    task: 'binary_classification',
    label: 'late',
    baseline: { kind: 'model', model: 'late-share-by-hour' },
    goal: { margin: 0.02 },
  },
  name: 'p',
  environments: [{ name: 'dev' }, { name: 'staging', protected: true, after: 'dev' }],
});
const text = (of: Parameters<typeof charterLead>[0]) => lead(...charterLead(of)).text;

it('says what must be beaten and which environments are guarded', () => {
  expect(text({ charter: file.charter ?? null, name: 'p', environments: file.environments })).toBe(
    'Machine learning must beat "late-share-by-hour" by at least 0.02 log loss. Only a promotion changes staging.',
  );
  expect(text({ charter: null, name: 'p', environments: file.environments })).toContain(
    'Nobody has said yet',
  );
});

it('puts the threshold where both mistakes cost the same on average', () => {
  expect(costThreshold({ false_positive: 1, false_negative: 4 })).toBe(0.2);
  expect(costThreshold({ false_positive: 0, false_negative: 0 })).toBe(0.5);
});

it('names parts of lists by their name, so that a moved environment is no change', () => {
  const rows = flatten(file);
  expect(rows.get('charter.goal.margin')).toBe('0.02');
  expect(rows.get('environments.staging.after')).toBe('dev');
});
