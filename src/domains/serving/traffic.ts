import { AppError, invalid } from '../../lib/errors.ts';
import { SERVING_ERRORS } from './errors.ts';
import type { Arm, DeployBody, TrafficRevision } from './schema/control.ts';

/** The deployment that answers whatever no candidate answers. */
export const championOf = (arms: readonly Arm[]): Arm | undefined =>
  arms.find((arm) => arm.arm === 'champion');
export const candidateOf = (arms: readonly Arm[]): Arm | undefined =>
  arms.find((arm) => arm.arm === 'candidate');

/**
 * The arms after a version is deployed: as champion (`traffic` 1), as candidate beside the champion, as its shadow, or both (a
 * share below 1 with `shadow`: each arm also scores what the other answers, so that rows stay paired).
 * An endpoint holds at most one champion and one candidate, so that a comparison always has two sides.
 */
export function afterDeploy(
  arms: readonly Arm[],
  deploy: Pick<DeployBody, 'model' | 'version' | 'traffic' | 'shadow'>,
  deployment: number,
): Arm[] {
  const champion = championOf(arms);
  const arm = { deployment, model: deploy.model, version: deploy.version };
  if (deploy.traffic === 1 && !deploy.shadow) return [{ ...arm, arm: 'champion', weight: 1, shadow: false }];
  if (!champion)
    throw invalid(
      'There is no champion yet to compare with.',
      'Deploy this version with all of the traffic first.',
    );
  if (champion.model === deploy.model && champion.version === deploy.version) {
    throw invalid(
      `${deploy.model} v${deploy.version} is the champion already.`,
      'A version cannot be compared with itself.',
    );
  }
  const weight = deploy.shadow && deploy.traffic === 1 ? 0 : deploy.traffic;
  if (!deploy.shadow && weight === 0)
    throw invalid(
      'A candidate needs a share of the traffic above 0.',
      'Ask for a shadow, or for a share such as 0.1.',
    );
  return [
    { ...champion, weight: 1 - weight, shadow: deploy.shadow && weight > 0 },
    { ...arm, arm: 'candidate', weight, shadow: deploy.shadow },
  ];
}

export function withoutCandidate(arms: readonly Arm[]): Arm[] {
  const champion = championOf(arms);
  return champion ? [{ ...champion, weight: 1, shadow: false }] : [];
}

/**
 * Where a roll-back goes: first away from a candidate that answers, else to the newest earlier champion of another deployment,
 * or to the deployment asked for if it was champion here once.
 */
export function rollbackTarget(
  history: readonly TrafficRevision[],
  current: readonly Arm[],
  to?: number,
): Arm[] {
  const now = championOf(current);
  const candidate = candidateOf(current);
  if (to === undefined && candidate && candidate.weight > 0) return withoutCandidate(current);
  const champions = history
    .filter((revision) => revision.state !== 'failed')
    .map((revision) => championOf(revision.arms));
  const target = champions.find(
    (arm) => arm && (to === undefined ? arm.deployment !== now?.deployment : arm.deployment === to),
  );
  if (target) return [{ ...target, weight: 1, shadow: false }];
  throw new AppError(
    SERVING_ERRORS.ROLLBACK_NOTHING,
    to === undefined
      ? 'No other version has answered here yet, so there is nothing to roll back to.'
      : `Deployment ${to} never answered here.`,
  );
}
