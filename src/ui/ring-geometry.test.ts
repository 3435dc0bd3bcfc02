import { describe, expect, it } from 'vitest';
import {
  arcAfter,
  arcAngles,
  fitFact,
  grooveOf,
  labelPlace,
  layoutFor,
  pointAt,
  angleOf,
  rankStates,
  STATIONS,
} from './ring-geometry.ts';

const distance = (a: { x: number; y: number }, b: { x: number; y: number }) =>
  Math.hypot(a.x - b.x, a.y - b.y);

describe.each([640, 400, 280])('at %d px', (width) => {
  const layout = layoutFor(width);

  it('keeps arcs 5 px from both discs', () => {
    for (let k = 0; k < 12; k++) {
      const [from, to] = arcAngles(layout, k);
      const disc = pointAt(layout, layout.radius, angleOf(k));
      const next = pointAt(layout, layout.radius, angleOf(k + 1));
      expect(distance(pointAt(layout, layout.radius, from), disc)).toBeCloseTo(layout.disc + 5, 6);
      expect(distance(pointAt(layout, layout.radius, to), next)).toBeCloseTo(layout.disc + 5, 6);
    }
  });

  it('keeps seven grooves between centre and discs', () => {
    const outer = grooveOf(layout, 6, 'promoted', 0).radius;
    expect(grooveOf(layout, 0, 'promoted', 0).radius).toBeGreaterThan(layout.centre);
    expect(outer).toBeLessThan(layout.radius - layout.disc - 4);
  });

  it('has discs that do not touch', () => {
    const gap = distance(
      pointAt(layout, layout.radius, angleOf(0)),
      pointAt(layout, layout.radius, angleOf(1)),
    );
    expect(gap).toBeGreaterThan(2 * layout.disc + 10);
  });
});

it('chooses the variant by the width of its container', () => {
  expect([1024, 640, 639, 400, 399, 0].map((width) => layoutFor(width).name)).toEqual([
    'full',
    'full',
    'middle',
    'middle',
    'narrow',
    'narrow',
  ]);
  expect(layoutFor(640)).toMatchObject({
    width: 640,
    height: 560,
    cx: 320,
    cy: 280,
    radius: 188,
    disc: 20,
    groove: 118,
    step: 7,
  });
});

it('starts at 12 o\u2019clock and goes clockwise', () => {
  const layout = layoutFor(640);
  const at = (name: (typeof STATIONS)[number]) =>
    pointAt(layout, layout.radius, angleOf(STATIONS.indexOf(name)));
  expect(at('Design')).toMatchObject({ x: 320, y: 92 });
  expect(at('Train').x).toBeCloseTo(508);
  expect(at('Pipeline').y).toBeCloseTo(468);
  expect(at('A/B').x).toBeCloseTo(132);
});

it('draws a promoted turn as a circle and others as an arc to where they ended', () => {
  const layout = layoutFor(640);
  expect(grooveOf(layout, 0, 'promoted', 11).path).toBeUndefined();
  expect(grooveOf(layout, 0, 'rejected', 3)).toMatchObject({ radius: 118, tip: { x: 438, y: 280 } });
  expect(grooveOf(layout, 6, 'rolled-back', 9).path).toContain(' 0 1 1 ');
});

it('cuts the arc in two where the loop cannot go on', () => {
  expect(arcAfter(layoutFor(640), 4, 10).match(/M/g)).toHaveLength(2);
  expect(arcAfter(layoutFor(640), 4).match(/M/g)).toHaveLength(1);
});

it('shows the worst state and the next as a satellite', () => {
  expect(rankStates(['running', 'broken', 'done'])).toEqual({ state: 'broken', second: 'running' });
  expect(rankStates(['needs-you', 'running'])).toEqual({ state: 'needs-you', second: 'running' });
  expect(rankStates(['done', 'stale'])).toEqual({ state: 'stale' });
  expect(rankStates([])).toEqual({ state: 'not-set-up' });
});

it('gives labels their room and side', () => {
  expect([0, 3, 2, 7, 9].map((k) => labelPlace(k).room)).toEqual([28, 16, 20, 28, 16]);
  expect([0, 1, 5, 6, 7, 11].map((k) => labelPlace(k).anchor)).toEqual([
    'middle',
    'start',
    'start',
    'middle',
    'end',
    'end',
  ]);
  expect(labelPlace(1).shift).toBeLessThan(-50);
  expect(labelPlace(5).shift).toBeGreaterThan(-50);
  expect(labelPlace(3).shift).toBe(-50);
});

it('fits facts without cutting words where it can', () => {
  expect(fitFact('0.463, limit 0.440', 20)).toBe('0.463, limit 0.440');
  expect(fitFact('3 views, 1 is 26 h old', 20)).toBe('3 views, 1 is 26 h\u2026');
  expect(fitFact('averyveryverylongword', 16)).toHaveLength(16);
});
