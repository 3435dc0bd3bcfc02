import { defineErrors } from '../../lib/errors.ts';

export const RUN_ERRORS = defineErrors({
  RUN_NOT_RECORDED: {
    status: 409,
    hint: 'Record the next one: `rondo runs exec -- COMMAND ARGS…` in a git repository, or startRun of the SDK.',
  },
  CODE_NOT_FOUND: {
    status: 404,
    hint: 'Run it in a clone that has the commit, or push the commit to the remote that the run names.',
  },
  CHANGES_NOT_APPLIED: { status: 409 },
  ENVIRONMENT_NOT_MADE: {
    status: 409,
    hint: '`--env current` takes what is installed here, and says what differs.',
  },
});
