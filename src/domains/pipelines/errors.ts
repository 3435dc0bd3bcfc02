import { defineErrors } from '../../lib/errors.ts';

export const PIPELINE_ERRORS = defineErrors({
  PIPELINE_INVALID: {
    status: 400,
    hint: 'Correct the pipeline file and apply it again; nothing was stored.',
  },
  PIPELINE_PARAMS: {
    status: 400,
    hint: 'The parameters of a pipeline are on its page and in `rondo pipelines list --json`.',
  },
  PIPELINE_UNSUPPORTED: { status: 400 },
  RUN_ENDED: { status: 409, hint: 'Start a new run, or resume this one.' },
  RUN_ACTIVE: { status: 409, hint: 'Wait for the run to end, or cancel it first.' },
  ATTEMPT_LOST: {
    status: 409,
    hint: 'Another attempt holds this step, or it was cancelled; this attempt must stop.',
  },
  OUTPUT_INVALID: { status: 400, hint: 'Return exactly the outputs that the step declares.' },
});
