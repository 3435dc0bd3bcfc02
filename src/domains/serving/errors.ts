import { AppError, defineErrors } from '../../lib/errors.ts';
import type { AwayGateway } from './schema/control.ts';

export const SERVING_ERRORS = defineErrors({
  ENDPOINT_UNKNOWN: {
    status: 404,
    hint: '`rondo endpoints deploy ENDPOINT --model models:/NAME/VERSION` makes one.',
  },
  ENDPOINT_ELSEWHERE: {
    status: 409,
    hint: 'An endpoint belongs to one project and one environment; choose another name.',
  },
  ROLLBACK_NOTHING: { status: 409, hint: 'Roll-back goes to a version that answered here before.' },
  MODEL_NOT_SERVABLE: { status: 422 },
  PREDICTION_UNKNOWN: {
    status: 404,
    hint: 'Predictions appear here once their segment was imported, seconds after the answer.',
  },
  GATEWAY_DOWN: { status: 503, hint: 'The server restarts it by itself; `rondo status` shows its state.' },
});

/** Also for predictions of projects that the caller may not see. */
export const predictionUnknown = (id: string, away?: AwayGateway): AppError =>
  new AppError(
    SERVING_ERRORS.PREDICTION_UNKNOWN,
    `There is no prediction '${id.slice(0, 120)}' in the log.${away ? ` Gateway ${away.gateway}, which gave out such ids, is away: ${away.place}.` : ''}`,
  );
