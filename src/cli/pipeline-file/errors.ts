import { defineErrors } from '../../lib/errors.ts';

export const FILE_ERRORS = defineErrors({
  PIPELINE_FILE: {
    status: 400,
    hint: 'Nothing was sent to the server; correct the file and apply it again.',
  },
});
