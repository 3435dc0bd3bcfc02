import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../lib/errors.ts';
import { checkLocation, placeOf, proxiedPath, safePath, under } from './artifact-path.ts';

const RUN = '0'.repeat(32);

describe('paths of the artifact proxy', () => {
  it.each([
    [`1/${RUN}/artifacts/a/b.txt`, `run/${RUN}`, 'a/b.txt'],
    [`1/${RUN}/artifacts`, `run/${RUN}`, ''],
    [`1/models/m-${RUN}/artifacts/MLmodel`, `model/m-${RUN}`, 'MLmodel'],
    [`custom/deep/${RUN}/artifacts/x`, `run/${RUN}`, 'x'],
    ['model-versions/p/3/2/MLmodel', 'model-version/p/3/2', 'MLmodel'],
    ['1/traces/tr-1/artifacts/traces.json', 'files/p', '1/traces/tr-1/artifacts/traces.json'],
    // Ids of MLflow 2's traces look like those of runs.
    [`1/traces/${RUN}/artifacts/traces.json`, 'files/p', `1/traces/${RUN}/artifacts/traces.json`],
    ['loose.bin', 'files/p', 'loose.bin'],
  ])('%s lies in %s', (path, root, rest) => {
    expect(placeOf('p', path)).toEqual({ root, path: rest });
  });

  it('keeps the frozen versions of another project out of reach', () => {
    expect(() => placeOf('other', 'model-versions/p/3/2/MLmodel')).toThrow('No such artifact');
  });

  it.each([
    '../x',
    'a/../../x',
    '..\\..\\x',
    'C:/x',
    '\\\\host\\s',
    '//proc/self/root',
    '/etc/passwd',
    '%2e%2e/x',
    '%252e%252e%252fx',
    'a%5c..%5cx',
    'a#/../b',
    'a?/a',
    'a;/../../etc',
    'a\u0000b',
    'a/./b',
    'a//b',
  ])('refuses %j', (path) => {
    expect(() => safePath(path)).toThrow('Invalid path');
  });

  it('never lets a part climb, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        try {
          const parts = safePath(text).split('/');
          expect(parts.some((part) => part === '..' || part === '.')).toBe(false);
          expect(safePath(text).startsWith('/')).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });
});

describe('locations', () => {
  it.each([
    'http://host#/../../etc/',
    'http:///?/../../etc',
    'http://host/;/../../etc',
    'file:///etc',
    '/etc',
    'relative',
    's3://bucket/../x',
    's3://bucket/%2e%2e/x',
    's3://bucket/x%23y',
    'ftp://host/x',
    'runs:/x/y',
    'HTTP://169.254.169.254/x',
  ])('refuses %s', (location) => {
    expect(() => checkLocation(location, undefined)).toThrow(AppError);
  });

  it('takes object stores, and the scheme of the default root', () => {
    checkLocation('s3://bucket/folder', undefined);
    checkLocation('mlflow-artifacts:/mine', undefined);
    checkLocation('file:///data/runs', 'file:///data');
  });

  it('reads and extends URIs', () => {
    expect(proxiedPath('mlflow-artifacts:/1/x')).toBe('1/x');
    expect(proxiedPath('mlflow-artifacts://host:1/1/x')).toBe('1/x');
    expect(proxiedPath('s3://b/x')).toBeUndefined();
    expect(under('mlflow-artifacts:', '1')).toBe('mlflow-artifacts:/1');
    expect(under('s3://b/x/?a=1', 'r', 'artifacts')).toBe('s3://b/x/r/artifacts?a=1');
  });
});
