import { defineErrors } from '../../lib/errors.ts';

export const MATURITY_ERRORS = defineErrors({
  CRITERION_NOT_ATTESTED: {
    status: 400,
    hint: 'Only the people criteria (people-2, people-3, people-4) are attested; the others are computed from records.',
  },
  ATTESTATION_EXPIRY: { status: 400, hint: 'Choose a day from tomorrow on, at most two years away.' },
});
