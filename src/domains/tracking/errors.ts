import { AppError, defineErrors } from '../../lib/errors.ts';

/** MLflow's own codes: its clients branch on them. */
export const TRACKING_ERRORS = defineErrors({
  INVALID_PARAMETER_VALUE: { status: 400 },
  RESOURCE_ALREADY_EXISTS: { status: 400 },
  RESOURCE_DOES_NOT_EXIST: { status: 404 },
  /** Permanent, so not the 500 of MLflow: its clients would send the request again for minutes. */
  INVALID_STATE: { status: 400 },
  BAD_REQUEST: { status: 400 },
  NOT_IMPLEMENTED: { status: 501 },
});

export const badParameter = (message: string) =>
  new AppError(TRACKING_ERRORS.INVALID_PARAMETER_VALUE, message);

export const badRequest = (message: string) => new AppError(TRACKING_ERRORS.BAD_REQUEST, message);

/** The one status above 499 for a permanent state: clients take it for "do it another way". */
export const notImplemented = (message: string) => new AppError(TRACKING_ERRORS.NOT_IMPLEMENTED, message);

export const absent = (message: string) => new AppError(TRACKING_ERRORS.RESOURCE_DOES_NOT_EXIST, message);

export const exists = (message: string) => new AppError(TRACKING_ERRORS.RESOURCE_ALREADY_EXISTS, message);

/** MLflow's words for a required parameter that is not there. */
export const missingParameter = (name: string) =>
  badParameter(
    `Missing value for required parameter '${name}'. See the API docs for more information about request parameters.`,
  );
