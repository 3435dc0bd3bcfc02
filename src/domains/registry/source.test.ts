import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../lib/errors.ts';
import { aliasFault, nameFault } from './policy.ts';
import { manifestDigest } from './manifest.ts';
import { insideOf, parseSource } from './source.ts';
import { columnsOf, parseFlavors, parseSignature } from './signature.ts';

describe('the source of a version', () => {
  it.each([
    ['models:/m-0a1b', { kind: 'logged-model', modelId: 'm-0a1b' }],
    ['runs:/abc/model', { kind: 'run', runId: 'abc', path: 'model' }],
    ['runs:/abc', { kind: 'run', runId: 'abc', path: '' }],
    ['models:/late/3', { kind: 'version', name: 'late', version: '3', alias: undefined }],
    ['models:/late@champion', { kind: 'version', name: 'late', version: undefined, alias: 'champion' }],
    ['mlflow-artifacts:/1/abc/artifacts/m', { kind: 'proxied', path: '1/abc/artifacts/m' }],
    ['mlflow-artifacts://host:80/1/abc/artifacts', { kind: 'proxied', path: '1/abc/artifacts' }],
    [
      'http://127.0.0.1:7070/api/2.0/mlflow-artifacts/artifacts/1/abc/artifacts',
      { kind: 'proxied', path: '1/abc/artifacts' },
    ],
    ['s3://bucket/model', { kind: 'foreign', uri: 's3://bucket/model' }],
  ])('%s', (source, parsed) => {
    expect(parseSource(source)).toEqual(parsed);
  });

  it.each([
    'file:///etc/',
    'FILE:///etc/passwd',
    '/etc/passwd',
    'C:/windows',
    'etc',
    'runs:/x/../../',
    'runs://x/y',
    'models:/m/../..',
    'models://profile/m/1',
    'MODELS:/m-1',
    'Runs:/x/y',
    's3:/bucket',
    's3://bucket/../x',
    's3://bucket/%2e%2e/x',
    's3://bucket/%252e%252e%252fx',
    's3://bucket/x#/../y',
    's3://bucket/x?a=/../y',
    's3://bucket/x;/../y',
    's3://bucket/..%5cx',
    'mlflow-artifacts:/1/../2',
    'mlflow-artifacts:/%2e%2e/x',
    'http://evil.example/model',
    'ftp://host/x',
    'javascript:alert(1)',
    'mlflow-artifacts:/1/x\u0000',
  ])('refuses %j', (source) => {
    expect(() => parseSource(source)).toThrow(AppError);
  });

  it('never lets anything through that still decodes to another path', () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), fc.string(), (url, tail) => {
        try {
          const parsed = parseSource(url.replace(/^https?/, 's3') + tail);
          expect(JSON.stringify(parsed)).not.toMatch(/\.\.\/|[#?;]/);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
    );
  });

  it('lies inside the root of its owner, or not', () => {
    expect(insideOf('1/r/artifacts/m', 'mlflow-artifacts:/1/r/artifacts')).toBe(true);
    expect(insideOf('1/r/artifacts-2/m', 'mlflow-artifacts:/1/r/artifacts')).toBe(false);
    expect(insideOf('1/other/artifacts/m', 'mlflow-artifacts:/1/r/artifacts')).toBe(false);
  });
});

describe('names', () => {
  it.each(['a/b', 'a:b', '', '  ', '..', 'a\u0000', 'x'.repeat(300)])('refuses the model name %j', (name) => {
    expect(nameFault(name)).toBeTypeOf('string');
  });
  it.each(['flight-delay', '123', 'ünï', '<b>x'])('takes the model name %j', (name) => {
    expect(nameFault(name)).toBeUndefined();
  });
  it.each(['latest', 'LATEST', 'v3', 'V10', 'a b', '', 'a/b'])('refuses the alias %j', (alias) => {
    expect(aliasFault(alias)).toBeTypeOf('string');
  });
  it.each(['champion', 'v3a', 'x_1'])('takes the alias %j', (alias) => {
    expect(aliasFault(alias)).toBeUndefined();
  });
});

describe('the manifest', () => {
  const files = [
    { path: 'b', digest: '2'.repeat(64), size: 1 },
    { path: 'a', digest: '1'.repeat(64), size: 2 },
  ];
  it('has one digest, whatever the order', () => {
    expect(manifestDigest(files)).toBe(manifestDigest([...files].reverse()));
    expect(manifestDigest(files)).not.toBe(manifestDigest([files[0] as (typeof files)[0]]));
  });
});

describe('the MLmodel file', () => {
  const text = `flavors:
  python_function: {loader_module: mlflow.sklearn}
  sklearn: {pickled_model: model.pkl}
signature:
  inputs: '[{"type": "double", "name": "a", "required": true}, {"type": "long", "name": "b", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
  params: '[{"name": "top", "type": "long", "default": 3, "shape": null}]'
`;
  it('states inputs, outputs and params', () => {
    expect(parseSignature(text)).toEqual({
      inputs: [
        { name: 'a', type: 'double', required: true },
        { name: 'b', type: 'long', required: false },
      ],
      outputs: [{ name: undefined, type: 'tensor', required: true, tensor: { dtype: 'int64', shape: [-1] } }],
      params: [{ name: 'top', type: 'long', default: 3 }],
    });
    expect(parseFlavors(text)).toEqual(['python_function', 'sklearn']);
  });
  it('gives columns where there are columns only', () => {
    const signature = parseSignature(text);
    expect(signature && columnsOf(signature)).toBeUndefined();
    expect(
      signature && columnsOf({ ...signature, outputs: [] })?.inputs.map((column) => column.name),
    ).toEqual(['a', 'b']);
  });
  it.each(['', 'flavors: {}', '{{{', 'signature: {inputs: "not json"}', '- 1'])('has none in %j', (other) => {
    expect(parseSignature(other)).toBeUndefined();
  });
});
