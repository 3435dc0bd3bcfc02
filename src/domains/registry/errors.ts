import { AppError, defineErrors } from '../../lib/errors.ts';

/** MLflow's own codes: its clients branch on them. */
export const REGISTRY_ERRORS = defineErrors({
  INVALID_PARAMETER_VALUE: { status: 400 },
  RESOURCE_ALREADY_EXISTS: { status: 400 },
  RESOURCE_DOES_NOT_EXIST: { status: 404 },
  PERMISSION_DENIED: { status: 403 },
});

export const badParameter = (message: string) =>
  new AppError(REGISTRY_ERRORS.INVALID_PARAMETER_VALUE, message);

export const absent = (message: string) => new AppError(REGISTRY_ERRORS.RESOURCE_DOES_NOT_EXIST, message);

export const exists = (message: string) => new AppError(REGISTRY_ERRORS.RESOURCE_ALREADY_EXISTS, message);

/** The one road to a protected alias or stage is a promotion; the client is told which request stands for its wish. */
export const guarded = (what: string, request: number) =>
  new AppError(
    REGISTRY_ERRORS.PERMISSION_DENIED,
    `${what} is protected; promotion request ${request} was opened`,
  );
