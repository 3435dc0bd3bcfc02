import { expect, it } from 'vitest';
import { toAppError } from './errors.ts';

it('takes what PostgreSQL refuses to read for a fault of who sent it, and anything else for ours', () => {
  const thrown = (code: string) => toAppError(Object.assign(new Error('select secret'), { code }));
  for (const code of ['22021', '22P05', '2201B', '54000']) {
    expect(thrown(code)).toMatchObject({ code: 'INVALID', status: 400 });
    expect(thrown(code).message).not.toContain('secret');
  }
  expect(thrown('53100')).toMatchObject({ code: 'DISK_FULL', status: 507 });
  expect(thrown('42601')).toMatchObject({ code: 'INTERNAL', status: 500 });
});
