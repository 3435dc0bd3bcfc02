import { createHash } from 'node:crypto';
import type { Analytics } from '../../analytics/index.ts';
import type { Database, Tx } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import type { Urn } from '../../lib/urn.ts';
import { urn } from '../../lib/urn.ts';
import type { LineageService } from '../lineage/service.ts';
import { profileOf, sharedBins } from './profile.ts';
import {
  type Column,
  datasetUrn,
  type Part,
  type Profile,
  Suite,
  type ValidationReport,
  validationUrn,
  versionUrn,
} from './schema.ts';
import { findDataset, findVersion, insertVersion, lockDataset, typesOf } from './store/versions.ts';
import { insertReport } from './store/validations.ts';
import { runSuite } from './suite.ts';

/** Content ready to become a version: everything slow is done. */
export interface Draft {
  project: string;
  dataset: string;
  digest: string;
  parts: Part[];
  columns: Column[];
  /** Null when the content is a version already. */
  profile: Profile | null;
  report: ValidationReport | null;
}

export interface VersionOrigin {
  actor: string;
  note: string;
  tags: Record<string, string>;
  /** Files it was read from. */
  inputs: { digest: string; name: string }[];
  /** Further things it was derived from: sources, dataset versions, views. */
  derivedFrom: readonly Urn[];
}

export interface Recorded {
  version: number;
  created: boolean;
}

export interface VersionGround {
  database: Database;
  analytics: Analytics;
  events: Events;
  lineage: LineageService;
}

/** sha256 of the canonical manifest: `{"parts":[{"bytes","digest","rows"}],"schema":[{"name","type"}]}`, keys in order, no blanks. */
function manifestDigest(parts: readonly Part[], columns: readonly Column[]): string {
  const canonical = {
    parts: parts.map(({ bytes, digest, rows }) => ({ bytes, digest, rows })),
    schema: typesOf(columns),
  };
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}

/** Profiles and checks content that is not a version yet. */
export async function draftVersion(
  ground: VersionGround,
  target: { project: string; dataset: string },
  content: { parts: Part[]; columns: Column[] },
  options: { signal?: AbortSignal | undefined; onPhase?: (phase: string) => void } = {},
): Promise<Draft> {
  const { project, dataset } = target;
  const digest = manifestDigest(content.parts, content.columns);
  const base = { project, dataset, digest, ...content };
  const { read } = ground.database;
  if (await findVersion(read, project, dataset, { digest })) return { ...base, profile: null, report: null };
  options.onPhase?.('profiling');
  const row = await findDataset(read, project, dataset);
  const first = row && row.latest > 0 ? await findVersion(read, project, dataset, { version: 1 }) : undefined;
  const parts = content.parts.map((part) => part.digest);
  const profile = await profileOf(ground.analytics, parts, sharedBins(first?.profile), options.signal);
  if (!row?.suite) return { ...base, profile, report: null };
  options.onPhase?.('checking');
  const previous = first && (await findVersion(read, project, dataset, { version: row.latest }));
  const report = await runSuite(
    ground.analytics,
    Suite.parse(row.suite),
    { project, dataset, version: row.latest + 1, parts, profile, previous: previous?.profile },
    options.signal ? { signal: options.signal } : {},
  );
  return { ...base, profile, report };
}

/** Writes the draft as the next version, or finds the version that has this content. */
export async function recordVersion(
  ground: VersionGround,
  tx: Tx,
  draft: Draft,
  origin: VersionOrigin,
): Promise<Recorded> {
  const { project, dataset, digest } = draft;
  const row = await lockDataset(tx, project, dataset);
  const known = await findVersion(tx, project, dataset, { digest });
  if (known) return { version: known.version, created: false };
  if (!draft.profile) throw new Error('The version with this content was removed meanwhile; try again.');
  const version = row.latest + 1;
  await insertVersion(tx, version, {
    project,
    dataset,
    digest,
    rows: draft.profile.rows,
    bytes: draft.parts.reduce((sum, part) => sum + part.bytes, 0),
    manifest: { parts: draft.parts, schema: typesOf(draft.columns) },
    profile: draft.profile,
    inputs: origin.inputs,
    note: origin.note,
    tags: origin.tags,
    created_at: Date.now(),
    created_by: origin.actor,
  });
  const self = versionUrn(project, dataset, version);
  await ground.lineage.link(tx, project, self, 'version-of', datasetUrn(project, dataset));
  for (const input of origin.inputs)
    await ground.lineage.link(tx, project, self, 'derived-from', urn('blob', input.digest));
  for (const cause of origin.derivedFrom) await ground.lineage.link(tx, project, self, 'derived-from', cause);
  await ground.events.append(tx, {
    type: 'dataset.version.created',
    source: 'datasets',
    subject: self,
    project,
    data: { dataset, version, digest, rows: draft.profile.rows, by: origin.actor },
  });
  if (draft.report) await recordReport(ground, tx, { ...draft.report, version });
  return { version, created: true };
}

export async function recordReport(
  ground: Pick<VersionGround, 'events' | 'lineage'>,
  tx: Tx,
  report: ValidationReport,
): Promise<void> {
  const { project, dataset, version, passed, failed, warned } = report;
  const checked = versionUrn(project, dataset, version);
  await insertReport(tx, report);
  await ground.lineage.link(tx, project, validationUrn(report.id), 'evaluated-on', checked);
  await ground.events.append(tx, {
    type: 'dataset.checked',
    source: 'datasets',
    subject: checked,
    project,
    data: {
      dataset,
      version,
      validation: report.id,
      passed,
      failed,
      warned,
      environment: report.environment,
    },
  });
}
