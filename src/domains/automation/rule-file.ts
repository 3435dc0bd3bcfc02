import { parse } from 'yaml';
import { invalid } from '../../lib/errors.ts';
import { type Rule, RuleFile } from './schema/rule.ts';

/** Rules from YAML: a file of rules, or the `rules:` part of rondo.yaml. Throws INVALID with the first faults and their places. */
export function readRules(text: string): Rule[] {
  let content: unknown;
  try {
    content = parse(text);
  } catch (thrown) {
    throw invalid(`The rules are not YAML: ${(thrown as Error).message.split('\n')[0]}`);
  }
  const { rules } = (content ?? {}) as { rules?: unknown };
  const result = RuleFile.safeParse({ rules: rules ?? [] });
  if (result.success) return result.data.rules;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw invalid(faults.slice(0, 5).join('; '), 'A rule has name, when, do, and may have if and guard.');
}
