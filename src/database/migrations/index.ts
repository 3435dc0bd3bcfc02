import type { Migration } from '../migrate.ts';
import { ground } from './0001-ground.ts';
import { lineage } from './0020-lineage.ts';
import { projects } from './0030-projects.ts';
import { approvals } from './0040-approvals.ts';
import { automation } from './0140-automation.ts';
import { maturity } from './0150-maturity.ts';

/** Every migration, in order. A room takes the number of its place in the house times ten. */
export const migrations: readonly Migration[] = [ground, lineage, projects, approvals, automation, maturity];
