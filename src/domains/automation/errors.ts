import { defineErrors } from '../../lib/errors.ts';

export const AUTOMATION_ERRORS = defineErrors({
  RULE_UNKNOWN: { status: 404, hint: '`GET /api/v1/projects/PROJECT/rules` lists the rules.' },
  RULE_NAME_DIFFERS: { status: 400, hint: 'The address and the rule must carry the same name.' },
  RULE_FROM_PIPELINE: {
    status: 409,
    hint: 'Change the trigger in the pipeline file and apply that, or give the rule another name.',
  },
  RULE_NOT_CALLABLE: {
    status: 409,
    hint: 'Only a rule with `when: { call: true }` that is on has an address to call.',
  },
  RULE_BREAKER_OPEN: {
    status: 409,
    hint: 'A person closes the breaker: in the inbox, or by resuming the rule.',
  },
  FIRING_UNKNOWN: { status: 404, hint: 'The firings of a rule are on its page.' },
  BACKTEST_EMPTY: {
    status: 409,
    hint: 'Send the event to try, or wait until one of the types of the rule happened.',
  },
});
