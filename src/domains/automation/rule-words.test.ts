import { expect, it } from 'vitest';
import { conditionWords, eventWords, templateWords } from './rule-words.ts';

it('says conditions in words and leaves alone what it cannot say', () => {
  expect(
    conditionWords('data.model == "flight-delay" && data.gain_low >= 0.02 && data.by != "releases"'),
  ).toBe('model is flight-delay and the low end of its gain is at least 0.02 and by is not releases');
  expect(conditionWords("data.metric == 'skill' || data.n < 10")).toBe('metric is skill or n is under 10');
  const nested = 'data.tags.exists(t, t == "x")';
  expect(conditionWords(nested)).toBe(nested);
});

it('says facts and templates as people do', () => {
  expect(eventWords('alert.opened')).toBe('an alert opens');
  expect(eventWords('x.y')).toBe('x.y happens');
  expect(templateWords('${data.model} version ${data.version}')).toBe('its model version its version');
});
