import { expect, it } from 'vitest';
import { parseOrderBy } from '../../../lib/search/parse.ts';
import { copiesOf, fetchedColumns, filterFault, firstColumns, orderBy, withBest } from './run-question.ts';

it('says at which character a filter is wrong', () => {
  expect(filterFault('')).toBeUndefined();
  expect(filterFault("metrics.loss < 0.4 and params.a = 'b'")).toBeUndefined();
  expect(filterFault('metrics.loss < oops')).toMatchObject({ at: 15 });
});

it('orders by what the server can order by, with keys that it reads back', () => {
  const order = orderBy('-metrics.valid%2Floss,name,took,params.lr');
  expect(order).toEqual(['metrics.`valid/loss` DESC', 'attributes.run_name', 'params.lr']);
  expect(parseOrderBy(order, 'runs').map((each) => each.key)).toEqual(['valid/loss', 'run_name', 'lr']);
});

it('orders by the best of all points, which only the curl form can ask for', () => {
  expect(orderBy('best.a%2Floss,-best.auc')).toEqual(['lowest.`a/loss`', 'highest.auc DESC']);
  expect(fetchedColumns(['name'], '-best.auc').extremes).toBe(true);
  const [curl, python] = copiesOf('http://h', 'default', {
    experiments: ['1'],
    filter: '',
    sort: 'best.loss',
    columns: [],
  });
  expect(curl?.text).toContain('"order_by":["lowest.loss"],"extremes":true');
  expect(python?.text).toContain('order_by=[]');
});

it('puts the best value behind the last one', () => {
  expect(withBest(['name', 'metrics.a', 'metrics.b', 'best.b', 'took'])).toEqual([
    'name',
    'metrics.a',
    'best.a',
    'metrics.b',
    'best.b',
    'took',
  ]);
});

it('fetches the keys of the columns that are shown, and extremes when a best value is', () => {
  expect(fetchedColumns(['name', 'metrics.b', 'tags.t', 'params.a'])).toEqual({
    columns: ['metrics.b', 'params.a', 'tags.t'],
    extremes: false,
  });
  expect(fetchedColumns(['best.b', 'metrics.b'])).toEqual({ columns: ['metrics.b'], extremes: true });
});

it('begins with metrics that say how good a run is', () => {
  expect(
    firstColumns({ metrics: ['a', 'layer/1', 'loss', 'b', 'c', 'd'], params: ['x', 'y', 'z', 'w'] }),
  ).toEqual(['metrics.loss', 'metrics.a', 'metrics.b', 'metrics.c', 'params.x', 'params.y', 'params.z']);
});

it('copies a question with quotes in it so that a shell and SQL read it whole', () => {
  const [curl, python, sql] = copiesOf('http://h:1', 'team', {
    experiments: ['1'],
    filter: "params.a = 'it''s'",
    sort: '-metrics.q%22',
    columns: ['metrics.q"'],
  });
  expect(curl?.text).toContain(`x-mlflow-workspace: team`);
  expect(curl?.text).toContain(`'\\''it'\\'''\\''s'\\''`);
  expect(python?.text).toContain(`filter_string="params.a = 'it''s'"`);
  expect(sql?.text).toContain('order by "metrics.q""" desc');
});
