import { describe, expect, it } from 'vitest';
import { dispositionOf } from './disposition.ts';

describe('the name of a downloaded file', () => {
  it.each([
    ['traces.json', 'attachment; filename=traces.json'],
    ['deep/er/a b.txt', 'attachment; filename="a b.txt"'],
    ['say "hi"\\.txt', 'attachment; filename="say \\"hi\\"\\\\.txt"'],
    ['größe.csv', "attachment; filename=groe.csv; filename*=UTF-8''gr%C3%B6%C3%9Fe.csv"],
    ['日本語', "attachment; filename=download; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E"],
    [
      "ü a*'()!#$&+^`|~.md",
      "attachment; filename=\"u a*'()!#$&+^`|~.md\"; filename*=UTF-8''%C3%BC%20a%2A%27%28%29!#$&+^`|~.md",
    ],
    ['a\r\nx: y', 'attachment; filename="a__x: y"'],
    ['half \ud83d', 'attachment; filename="half "; filename*=UTF-8\'\'half%20%EF%BF%BD'],
    ['', 'attachment; filename=file'],
  ])('%j', (name, header) => {
    expect(dispositionOf('attachment', name)).toBe(header);
  });
});
