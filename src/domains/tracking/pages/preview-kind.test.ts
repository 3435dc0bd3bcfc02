import { expect, it } from 'vitest';
import { framed, MOST_BYTES, previewKind, readCsv, readNotebook } from './preview-kind.ts';

it('shows a file by its name, never a drawing that could hold a script, and nothing that is too large', () => {
  expect(
    ['a/b.PNG', 'x.csv', 'MLmodel', 'a/requirements.txt', 'x.svg', 'x.onnx', 'noname'].map((path) =>
      previewKind(path, 10),
    ),
  ).toEqual(['image', 'table', 'text', 'text', 'text', 'none', 'none']);
  expect(previewKind('x.csv', MOST_BYTES + 1)).toBe('none');
});

it('reads quoted cells, line ends of both kinds, and no more rows than asked for', () => {
  expect(readCsv('a,b\r\n"x, ""y""","1\n2"\n\nlast,', ',', 10)).toEqual([
    ['a', 'b'],
    ['x, "y"', '1\n2'],
    ['last', ''],
  ]);
  expect(readCsv('a\nb\nc', ',', 2)).toEqual([['a'], ['b']]);
  expect(readCsv('', ',', 2)).toEqual([]);
});

it('reads notebooks, and takes only pictures that are pictures', () => {
  const text = JSON.stringify({
    cells: [
      { cell_type: 'markdown', source: ['# A\n', 'b'] },
      {
        cell_type: 'code',
        source: 'print(1)',
        outputs: [
          { text: ['1\n'] },
          { data: { 'image/png': 'aGk=\n', 'text/plain': 'x' } },
          { data: { 'image/png': '"><script>', 'text/plain': 'y' } },
          { traceback: ['\u001b[31mfault\u001b[0m'] },
        ],
      },
    ],
  });
  expect(readNotebook(text)).toEqual([
    { kind: 'markdown', text: '# A\nb', outputs: [] },
    {
      kind: 'code',
      text: 'print(1)',
      outputs: [
        { kind: 'text', data: '1\n' },
        { kind: 'image', data: 'data:image/png;base64,aGk=' },
        { kind: 'text', data: 'y' },
        { kind: 'text', data: 'fault' },
      ],
    },
  ]);
  expect(readNotebook('no')).toBeUndefined();
});

it('puts the policy before everything else of a framed file', () => {
  expect(framed('<html><script>1</script>')).toMatch(
    /^<meta http-equiv="Content-Security-Policy" content="default-src 'none'/,
  );
});
