import type { Handlers } from '../../../lib/contract/index.ts';
import type { Actor } from '../../identity/schema.ts';
import type { trashContract } from '../contract/trash.ts';
import type { TrackingService } from '../service.ts';

export function trashHandlers(tracking: TrackingService): Handlers<typeof trashContract, Actor> {
  return {
    previewPurge: ({ actor, params, body }) => tracking.previewPurge(actor, params.project, body),
    purge: ({ actor, params, body }) => tracking.purge(actor, params.project, body),
    moveRuns: ({ actor, params, body }) => tracking.moveRuns(actor, params.project, body, body.experiment_id),
  };
}
