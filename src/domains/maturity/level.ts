import { AXES, type Axis, type AxisLevel, type Finding, LEVEL_NAMES, type Maturity } from './schema.ts';

const LEVELS = [1, 2, 3, 4] as const;

/**
 * Per axis the highest level at which its criteria, and all of those below, pass; the project's level is the least of the
 * axes. Microsoft's rule that a level counts only when all below it hold.
 */
export function levelOf(findings: readonly Finding[]): { level: number; axes: Record<Axis, AxisLevel> } {
  const axes = Object.fromEntries(AXES.map((axis) => [axis, axisLevel(findings, axis)])) as Record<
    Axis,
    AxisLevel
  >;
  return { level: Math.min(...AXES.map((axis) => axes[axis].level)), axes };
}

function axisLevel(findings: readonly Finding[], axis: Axis): AxisLevel {
  const own = findings.filter((finding) => finding.axis === axis);
  const by_level = LEVELS.map((level) => {
    const here = own.filter((finding) => finding.level === level);
    return { level, met: here.filter((finding) => finding.state === 'pass').length, of: here.length };
  });
  const broken = by_level.find(({ met, of }) => met < of);
  const level = broken ? broken.level - 1 : LEVELS.length;
  return { level, name: nameOf(level), by_level };
}

export const nameOf = (level: number): string => LEVEL_NAMES[level] as string;

/** Google's three levels: 0 is Microsoft's 0 and 1, 1 is 2, 2 is 3 and 4. */
export function googleLevel(level: number): Maturity['google'] {
  if (level <= 1) return { level: 0, name: 'manual' };
  return level === 2 ? { level: 1, name: 'pipeline automation' } : { level: 2, name: 'CI/CD automation' };
}

/**
 * The teaching ladder: repeatable with version control and a way to deploy (level 1), reliable with versions and drift
 * watched (level 2 and a live drift monitor), scalable with automatic release and a project made from this one.
 */
export function ladderStep(
  level: number,
  findings: readonly Finding[],
  templatesUsed: number,
): Maturity['ladder'] {
  if (level < 1) return 'initial';
  const watched = findings.some((finding) => finding.id === 'drift-monitor-live' && finding.state === 'pass');
  if (level < 2 || !watched) return 'repeatable';
  return level >= 3 && templatesUsed > 0 ? 'scalable' : 'reliable';
}
