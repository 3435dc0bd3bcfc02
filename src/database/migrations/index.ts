import type { Migration } from '../migrate.ts';
import { ground } from './0001-ground.ts';
import { lineage } from './0020-lineage.ts';
import { projects } from './0030-projects.ts';
import { approvals } from './0040-approvals.ts';
import { pipelines } from './0090-pipelines.ts';

/** Every migration, in order. A room takes the number of its place in the house times ten. */
export const migrations: readonly Migration[] = [ground, lineage, projects, approvals, pipelines];
