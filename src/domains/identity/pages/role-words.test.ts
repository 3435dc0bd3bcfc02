import { expect, it } from 'vitest';
import { roleChange } from './role-words.ts';

it('says what a new role gives or takes, and all of it', () => {
  expect(roleChange('editor', 'operator')).toBe('Wins: run pipelines, deploy, promote, approve.');
  expect(roleChange('operator', 'editor')).toBe('Loses: run pipelines, deploy, promote, approve.');
  expect(roleChange(null, 'admin').split(';')).toHaveLength(4);
  expect(roleChange('admin', 'none')).toMatch(/^Loses: read everything/);
  expect(roleChange('none', 'none')).toBe('Nothing changes.');
});
