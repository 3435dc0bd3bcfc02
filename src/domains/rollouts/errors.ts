import { defineErrors } from '../../lib/errors.ts';

export const ROLLOUT_ERRORS = defineErrors({
  ROLLOUT_UNKNOWN: { status: 404, hint: '`rondo rollouts list` shows the rollouts.' },
  ROLLOUT_RUNNING: { status: 409, hint: 'Stop it, or wait for its verdict.' },
  ROLLOUT_UNDECIDABLE: {
    status: 422,
    hint: 'State a larger effect, give it a longer horizon, or send more labelled traffic.',
  },
});
