import type { Migration } from '../migrate.ts';
import { ground } from './0001-ground.ts';
import { identity } from './0010-identity.ts';
import { lineage } from './0020-lineage.ts';
import { projects } from './0030-projects.ts';
import { approvals } from './0040-approvals.ts';
import { datasets } from './0050-datasets.ts';
import { features } from './0060-features.ts';
import { tracking } from './0070-tracking.ts';
import { traces } from './0071-traces.ts';
import { views } from './0072-views.ts';
import { purges } from './0073-purges.ts';
import { uploads } from './0074-uploads.ts';
import { runTexts } from './0075-run-texts.ts';
import { registry } from './0080-registry.ts';
import { evaluations } from './0081-evaluations.ts';
import { webhooks } from './0083-webhooks.ts';
import { pipelines } from './0090-pipelines.ts';
import { serving } from './0100-serving.ts';
import { gateways } from './0101-gateways.ts';
import { levelCells } from './0102-level-cells.ts';
import { monitoring } from './0110-monitoring.ts';
import { monitorMute } from './0111-monitor-mute.ts';
import { rollouts } from './0120-rollouts.ts';
import { releases } from './0130-releases.ts';
import { automation } from './0140-automation.ts';
import { maturity } from './0150-maturity.ts';

/** Every migration, in order. A room takes the number of its place in the house times ten. */
export const migrations: readonly Migration[] = [
  ground,
  identity,
  lineage,
  projects,
  approvals,
  datasets,
  features,
  tracking,
  traces,
  views,
  purges,
  uploads,
  runTexts,
  registry,
  evaluations,
  webhooks,
  pipelines,
  serving,
  gateways,
  levelCells,
  monitoring,
  monitorMute,
  rollouts,
  releases,
  automation,
  maturity,
];
