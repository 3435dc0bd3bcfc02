import { defineErrors } from '../../lib/errors.ts';

export const PROJECT_ERRORS = defineErrors({
  PROJECT_UNKNOWN: {
    status: 404,
    hint: '`rondo projects list` shows the projects; `rondo projects apply rondo.yaml` makes one.',
  },
  ENVIRONMENT_UNKNOWN: { status: 404, hint: 'Environments are listed in rondo.yaml.' },
  PROJECT_NAME_DIFFERS: { status: 400, hint: 'The address and the file must name the same project.' },
});

/** MLflow's own codes: its clients branch on them. */
export const WORKSPACE_ERRORS = defineErrors({
  INVALID_PARAMETER_VALUE: { status: 400 },
  RESOURCE_ALREADY_EXISTS: { status: 400 },
  RESOURCE_DOES_NOT_EXIST: { status: 404 },
  INVALID_STATE: { status: 400 },
});
