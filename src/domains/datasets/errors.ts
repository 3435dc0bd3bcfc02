import { defineErrors } from '../../lib/errors.ts';

export const DATASET_ERRORS = defineErrors({
  DATASET_UNKNOWN: { status: 404, hint: '`rondo datasets list` shows the datasets of the project.' },
  DATASET_VERSION_UNKNOWN: { status: 404, hint: 'The dataset page lists its versions.' },
  SOURCE_UNKNOWN: { status: 404 },
  IMPORT_UNKNOWN: { status: 404, hint: 'Ended imports are forgotten after a while.' },
  IMPORT_STOPPED: {
    status: 422,
    hint: 'Correct the file, or import with skip_bad to leave such rows out and have them counted.',
  },
  IMPORT_UNREADABLE: {
    status: 422,
    hint: 'Is the format right (parquet, csv, jsonl), and the upload whole?',
  },
  IMPORT_EMPTY: { status: 422 },
  SQL_REFUSED: { status: 422, hint: 'Write one SELECT over the views that the error names.' },
  SUITE_INVALID: { status: 422 },
  SOURCE_REFUSED: { status: 422 },
});
