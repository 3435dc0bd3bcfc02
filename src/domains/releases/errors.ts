import { defineErrors } from '../../lib/errors.ts';

export const RELEASE_ERRORS = defineErrors({
  PROMOTION_UNKNOWN: { status: 404, hint: '`rondo models promote NAME VERSION --to ENV` asks for one.' },
});
