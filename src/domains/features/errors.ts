import { defineErrors } from '../../lib/errors.ts';

export const FEATURE_ERRORS = defineErrors({
  FEATURE_UNKNOWN: { status: 404, hint: 'The features page lists entities, views and services.' },
  FEATURE_DEFINITION: { status: 422 },
  FEATURE_SQL: {
    status: 422,
    hint: 'A view is one SELECT over `source` that gives key, event_time and its features.',
  },
  FEATURE_ROWS: { status: 422 },
  NOT_MATERIALISED: { status: 409, hint: 'Materialise the view first: its partitions are on its page.' },
});
