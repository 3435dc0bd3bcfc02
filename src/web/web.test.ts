import { describe, expect, it } from 'vitest';
import { eventParser } from '../lib/event-stream.ts';
import { jumpBindings, keyMatcher } from './keys.ts';
import { safeNext } from './login.tsx';
import { crumbsOf, NAV_ITEMS, projectOf } from './navigation.ts';

describe('eventParser', () => {
  const stream = ': hello\r\nid: 7\r\nevent: run\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: x\n\n';
  const wanted = [
    { id: '7', type: 'run', data: '{"a":\n1}' },
    { id: '7', type: 'message', data: 'x' },
  ];

  it('reads events however the stream is cut', () => {
    for (let size = 1; size <= stream.length; size++) {
      const parse = eventParser();
      const found = [];
      for (let at = 0; at < stream.length; at += size) found.push(...parse(stream.slice(at, at + size)));
      expect(found).toEqual(wanted);
    }
  });
});

describe('keys', () => {
  const bindings = [
    ...jumpBindings(
      () => {},
      () => {},
    ),
    { keys: 't', label: 'Other clock', run: () => {} },
  ];

  it('knows single keys and pairs, and forgets a first key that is too old', () => {
    let now = 0;
    const match = keyMatcher(() => now);
    expect(match('g', bindings)).toBeUndefined();
    expect(match('m', bindings)?.label).toBe('Models');
    expect(match('t', bindings)?.label).toBe('Other clock');
    match('g', bindings);
    expect(match('t', bindings)?.label).toBe('Rollouts');
    match('g', bindings);
    now += 5000;
    expect(match('t', bindings)?.label).toBe('Other clock');
  });

  it('swallows the second key of an unknown pair', () => {
    const match = keyMatcher(() => 0);
    match('g', bindings);
    expect(match('z', bindings)).toBeUndefined();
  });

  it('has no key twice', () => {
    const keys = bindings.map((binding) => binding.keys);
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(NAV_ITEMS.map((item) => item.page)).size).toBe(NAV_ITEMS.length);
  });
});

it('reads project and breadcrumbs from the address', () => {
  expect(projectOf('/p/my%20flights/models')).toBe('my flights');
  expect(projectOf('/inbox')).toBeUndefined();
  expect(crumbsOf('/p/flights/models/flight-delay/3').map((crumb) => crumb.label)).toEqual([
    'Models',
    'flight-delay',
    '3',
  ]);
  expect(crumbsOf('/p/flights/models/flight-delay/3').at(-1)?.href).toBe('/p/flights/models/flight-delay/3');
  expect(crumbsOf('/inbox')).toEqual([{ label: 'Inbox', href: '/inbox' }]);
});

it('goes on after sign-in only to a path of this server', () => {
  expect(safeNext('/p/flights/overview?tab=x')).toBe('/p/flights/overview?tab=x');
  for (const bad of ['https://x.test/', '//x.test', '/\\x.test', null, '']) expect(safeNext(bad)).toBe('/');
});
