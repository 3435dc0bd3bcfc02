import type { Evidence } from '../domains/maturity/evidence.ts';
import { lineageFinding } from './evidence/lineage.ts';
import { monitorFindings } from './evidence/monitors.ts';
import type { EvidenceParts } from './evidence/parts.ts';
import { practicesOf } from './evidence/practices.ts';
import { releaseFindings } from './evidence/releases.ts';
import { trainingFindings } from './evidence/trainings.ts';

/** Answers maturity's questions from the records of the rooms; what no room records is answered with nothing. */
export function createEvidence(parts: EvidenceParts): Evidence {
  return {
    ...trainingFindings(parts),
    ...releaseFindings(parts),
    ...monitorFindings(parts),
    lineageComplete: lineageFinding(parts),
    practices: practicesOf(parts),
  };
}
