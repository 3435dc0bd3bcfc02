import { defineErrors } from '../../lib/errors.ts';

export const APPROVAL_ERRORS = defineErrors({
  APPROVAL_UNKNOWN: { status: 404, hint: 'Open requests are in the inbox.' },
  APPROVAL_ENDED: { status: 409 },
  APPROVAL_DIGEST: { status: 409, hint: 'Reload the request, look at the change again, and decide on that.' },
  APPROVAL_SELF: { status: 403, hint: 'Someone else must approve.' },
});
