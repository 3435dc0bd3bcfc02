import { badParameter } from './errors.ts';
import { type Stage, STAGES } from './schema.ts';

/** Stages whose earlier versions can be archived when a new one enters. */
export const ACTIVE_STAGES: readonly Stage[] = ['Staging', 'Production'];

/** A stage in its one spelling. */
export function stageOf(text: string): Stage {
  const found = STAGES.find((stage) => stage.toLowerCase() === text.toLowerCase());
  if (found) return found;
  throw badParameter(`Invalid Model Version stage: ${text}. Value must be one of ${STAGES.join(', ')}.`);
}
