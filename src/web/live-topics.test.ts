import { expect, it } from 'vitest';
import { concerns, isOfOthers, newsOf, runOf } from './live-topics.ts';

const fact = (source: string) => newsOf({ type: 'fact', data: JSON.stringify({ source }) });

it('asks again what a fact is about, and leaves the rest alone', () => {
  const news = fact('monitoring');
  expect(concerns('/api/v1/projects/:project/monitors/:monitor', news)).toBe(true);
  expect(concerns('/api/v1/projects/:project/alerts', news)).toBe(true);
  expect(concerns('/api/v1/activity', news)).toBe(true);
  expect(concerns('/api/v1/projects/:project/endpoints', news)).toBe(false);
  expect(concerns('/api/v1/projects', news)).toBe(false);
});

it('takes a changed charter as news about projects, not about everything in one', () => {
  const news = fact('projects');
  expect(concerns('/api/v1/projects', news)).toBe(true);
  expect(concerns('/api/v1/projects/:project', news)).toBe(true);
  expect(concerns('/api/v1/projects/:project/rules', news)).toBe(false);
});

it('reads signals by their first word and nothing from beats', () => {
  const signal = newsOf({ type: 'signal', data: JSON.stringify({ topic: 'endpoint/flight-delay' }) });
  expect(concerns('/api/v1/projects/:project/endpoints/:endpoint', signal)).toBe(true);
  const started = newsOf({ type: 'signal', data: JSON.stringify({ topic: 'run:3f2a' }) });
  expect(concerns('/mlflow/runs/search', started)).toBe(true);
  const imported = newsOf({ type: 'signal', data: JSON.stringify({ topic: 'dataset.import:7' }) });
  expect(concerns('/api/v1/projects/:project/datasets', imported)).toBe(true);
  expect(newsOf({ type: 'beat', data: '{"now":1}' })).toEqual([]);
  expect(newsOf({ type: 'hello', data: '{"now":1}' })).toEqual([]);
});

it('leaves alone what is asked of other runs than the one that signals', () => {
  const [one, other] = ['a'.repeat(32), 'b'.repeat(32)];
  expect(runOf({ type: 'signal', data: JSON.stringify({ topic: `run:${one}` }) })).toBe(one);
  expect(runOf({ type: 'fact', data: JSON.stringify({ topic: `run:${one}` }) })).toBeUndefined();
  expect(runOf({ type: 'signal', data: JSON.stringify({ topic: 'endpoint/x' }) })).toBeUndefined();
  const seen = new Set([one]);
  expect(isOfOthers({ query: { run_id: other } }, seen)).toBe(true);
  expect(isOfOthers({ query: { run_ids: [other, one] } }, seen)).toBe(false);
  expect(isOfOthers({ body: { experiment_ids: ['1'] } }, seen)).toBe(false);
  expect(isOfOthers(undefined, seen)).toBe(false);
});
