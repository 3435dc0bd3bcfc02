import { isDeepStrictEqual } from 'node:util';
import type { Database, Tx } from '../../database/index.ts';
import type { Events } from '../../events/index.ts';
import { AppError } from '../../lib/errors.ts';
import { urn } from '../../lib/urn.ts';
import type { Actor } from '../identity/schema.ts';
import type { ProjectsService } from '../projects/service.ts';
import { judge } from './criteria.ts';
import { MATURITY_ERRORS } from './errors.ts';
import { type Evidence, gather, WINDOW_DAYS } from './evidence.ts';
import { maturityLead } from './lead.ts';
import { googleLevel, ladderStep, levelOf, nameOf } from './level.ts';
import { mlTestScore } from './ml-test-score.ts';
import { isPeopleCriterion, peopleAxis } from './people.ts';
import {
  type Attestation,
  AXES,
  type Axis,
  type CiKind,
  type CiReport,
  type CiResult,
  type LevelChange,
  type Maturity,
  type PortfolioRow,
} from './schema.ts';
import {
  insertCiResult,
  insertLevel,
  listAttestations,
  listCiResults,
  listLevels,
  saveAttestation,
} from './store.ts';

export interface MaturityService {
  /** Stores the outcome of a test suite or build of a commit. */
  report(actor: Actor, project: string, result: CiReport): Promise<CiResult>;
  /** Newest first. */
  results(project: string, filter: { commit?: string | undefined; limit: number }): Promise<CiResult[]>;
  /** Tests of a commit, over the newest result of each of its suites; null when none was reported. */
  outcomeOf(project: string, commit: string): Promise<{ passed: number; failed: number } | null>;
  /** The level and its proofs; at most a minute old. */
  get(project: string): Promise<Maturity>;
  /** Computes it now, and notes a change of the level. */
  assess(project: string): Promise<Maturity>;
  /** A person's word on a people criterion, until the end of the day it expires on (UTC). */
  attest(
    actor: Actor,
    project: string,
    criterion: string,
    said: { by: string; statement: string; expires: string },
  ): Promise<Attestation>;
  /** Every project with the level it had when it was last computed. */
  portfolio(actor: Actor): Promise<PortfolioRow[]>;
}

const DAY = 86_400_000;
const KEEP_MS = 60_000;
const MOST_CI_RESULTS = 5000;
const HISTORY = 200;

export function createMaturity(parts: {
  database: Database;
  events: Events;
  projects: ProjectsService;
  evidence: Evidence;
}): MaturityService {
  const { database, events, projects, evidence } = parts;
  const fresh = new Map<string, Maturity>();

  async function assess(project: string): Promise<Maturity> {
    const { charter } = await projects.get(project);
    const now = Date.now();
    const since = now - WINDOW_DAYS * DAY;
    const ci = await listCiResults(database.read, { project, since, limit: MOST_CI_RESULTS });
    const answers = await gather(evidence, ci, project, { from: since, to: now });
    const findings = judge(answers);
    const { level, axes } = levelOf(findings);
    const levels = Object.fromEntries(AXES.map((axis) => [axis, axes[axis].level])) as Record<Axis, number>;
    const target = charter?.target_level ?? null;
    await database.write((tx) => note(tx, project, { level, axes: levels, since: now }));
    const maturity: Maturity = {
      project,
      level,
      name: nameOf(level),
      target,
      axes,
      criteria: findings,
      people: peopleAxis(await listAttestations(database.read, project), now),
      google: googleLevel(level),
      ladder: ladderStep(level, findings, answers.templatesUsed.found),
      ml_test_score: mlTestScore(answers),
      lead: maturityLead(project, level, findings, target),
      history: await listLevels(database.read, project, HISTORY),
      computed_at: now,
    };
    fresh.set(project, maturity);
    return maturity;
  }

  async function note(tx: Tx, project: string, change: LevelChange): Promise<void> {
    const [last] = await listLevels(tx, project, 1);
    if (last && last.level === change.level && isDeepStrictEqual(last.axes, change.axes)) return;
    await insertLevel(tx, project, change);
    await events.append(tx, {
      type: 'maturity.changed',
      source: 'maturity',
      subject: urn('project', project),
      project,
      data: { level: change.level, before: last?.level ?? null, axes: change.axes },
    });
  }

  return {
    assess,
    async get(project) {
      const known = fresh.get(project);
      return known && Date.now() - known.computed_at < KEEP_MS ? known : assess(project);
    },
    async report(actor, project, report) {
      await projects.get(project);
      const { commit, suite, passed, failed, skipped, url } = report;
      const kind = report.kind ?? kindOf(suite);
      const stored = await database.write(async (tx) => {
        const facts = { commit, suite, kind, passed, failed, skipped, url: url ?? null };
        const row = await insertCiResult(tx, {
          project,
          ...facts,
          reported_by: actor.name,
          reported_at: Date.now(),
        });
        await events.append(tx, {
          type: 'ci.reported',
          source: 'maturity',
          subject: urn('commit', commit),
          project,
          data: { ...facts, by: actor.name },
        });
        return row;
      });
      fresh.delete(project);
      return stored;
    },
    results: (project, filter) => listCiResults(database.read, { project, ...filter }),
    async outcomeOf(project, commit) {
      const newest = new Map<string, CiResult>();
      for (const result of await listCiResults(database.read, { project, commit, limit: MOST_CI_RESULTS }))
        if (!newest.has(result.suite)) newest.set(result.suite, result);
      if (newest.size === 0) return null;
      const sum = (of: 'passed' | 'failed') =>
        [...newest.values()].reduce((total, result) => total + result[of], 0);
      return { passed: sum('passed'), failed: sum('failed') };
    },
    async attest(actor, project, criterion, said) {
      await projects.get(project);
      if (!isPeopleCriterion(criterion))
        throw new AppError(MATURITY_ERRORS.CRITERION_NOT_ATTESTED, `'${criterion}' cannot be attested.`);
      const now = Date.now();
      const expires_at = Date.parse(`${said.expires}T23:59:59.999Z`);
      if (!(expires_at > now + DAY / 2) || expires_at > now + 731 * DAY)
        throw new AppError(
          MATURITY_ERRORS.ATTESTATION_EXPIRY,
          `${said.expires} cannot be the last day of it.`,
        );
      const attestation: Attestation = {
        criterion,
        by: said.by,
        recorded_by: actor.name,
        statement: said.statement,
        attested_at: now,
        expires_at,
      };
      await database.write(async (tx) => {
        await saveAttestation(tx, project, attestation);
        await events.append(tx, {
          type: 'maturity.attested',
          source: 'maturity',
          subject: urn('project', project),
          project,
          data: { criterion, attested_by: said.by, expires_at, by: actor.name },
        });
      });
      fresh.delete(project);
      return attestation;
    },
    async portfolio(actor) {
      return Promise.all(
        (await projects.listFor(actor)).map(async ({ name: project, title, charter }) => {
          const [last] = await listLevels(database.read, project, 1);
          return {
            project,
            title,
            level: last?.level ?? null,
            name: last ? nameOf(last.level) : null,
            target: charter?.target_level ?? null,
            since: last?.since ?? null,
          };
        }),
      );
    },
  };
}

/** What a suite is, from its name: `unit` unless it says otherwise. */
function kindOf(suite: string): CiKind {
  if (/integration|e2e|end.?to.?end|acceptance|smoke/i.test(suite)) return 'integration';
  if (/build|compile|image|package/i.test(suite)) return 'build';
  return /lint|type|format|static|audit/i.test(suite) ? 'static' : 'unit';
}
