import type { CommitUse, Evidence, Window } from '../../domains/maturity/evidence.ts';
import type { Environment } from '../../domains/projects/schema.ts';
import { passed } from '../../domains/releases/gates.ts';
import type { Promotion } from '../../domains/releases/schema.ts';
import type { TrafficRevision } from '../../domains/serving/schema/control.ts';
import { parseUrn, type Urn, urn } from '../../lib/urn.ts';
import { type EvidenceParts, NOTHING, tallyOf, within } from './parts.ts';
import { trainingsOf } from './trainings.ts';

type Findings = Pick<
  Evidence,
  | 'deployments'
  | 'deploymentsToProtected'
  | 'environmentOrderKept'
  | 'releases'
  | 'rolloutsDecided'
  | 'rollbacksExercised'
  | 'retrainsByAlertPromotedByPolicy'
  | 'templatesUsed'
>;

interface Change extends TrafficRevision {
  endpoint: string;
  protected: boolean;
}

/** A release of which no commit is known; no CI result can be about it. */
const NO_COMMIT = 'unknown';

/** What traffic changes, promotions and rollouts prove. */
export function releaseFindings(parts: EvidenceParts): Findings {
  const { serving, releases, rollouts, automation, registry, tracking } = parts;
  const nameOf = ({ endpoint, cause }: Change): Urn => (cause.of as Urn | null) ?? urn('endpoint', endpoint);

  /** Changes of what endpoints serve that took effect, newest first. */
  async function changes(project: string, window: Window): Promise<Change[]> {
    const all: Change[] = [];
    for (const endpoint of await serving.list(project))
      for (const revision of await serving.revisions(endpoint.name))
        if (revision.state !== 'failed' && within(revision.created_at, window))
          all.push({ ...revision, endpoint: endpoint.name, protected: endpoint.protected });
    return all.toSorted((a, b) => b.created_at - a.created_at);
  }

  async function done(project: string, window: Window): Promise<Promotion[]> {
    return (await releases.list(project)).filter(
      (promotion) => promotion.state === 'done' && within(promotion.ended_at, window),
    );
  }

  const environments = async (project: string): Promise<Map<string, Environment>> =>
    new Map(
      ((await parts.projects.find(project))?.environments ?? []).map((each) => [each.name, each] as const),
    );

  async function intoProtected(project: string, window: Window): Promise<Promotion[]> {
    const known = await environments(project);
    return (await done(project, window)).filter((each) => known.get(each.environment)?.protected);
  }

  /** The promotion under which a change was made, directly or by its rollout. */
  async function promotionBehind(of: string | null): Promise<Promotion | undefined> {
    if (!of?.startsWith('rondo:')) return undefined;
    const { kind, parts: own } = parseUrn(of);
    if (kind === 'rollout') return promotionBehind((await rollouts.get(Number(own[0]))).of);
    return kind === 'promotion' ? releases.get(Number(own[0])) : undefined;
  }

  return {
    async deployments(project, window) {
      return tallyOf(await changes(project, window), ({ cause }) => cause.by !== 'anonymous', nameOf);
    },
    /** A roll-back brings nothing new: it can only go to what answered there before, so it is not counted. */
    async deploymentsToProtected(project, window) {
      const all = (await changes(project, window)).filter(
        (change) => change.protected && change.cause.kind !== 'rollback',
      );
      const gated = new Set<Change>();
      for (const change of all) {
        const promotion = await promotionBehind(change.cause.of);
        if (promotion && promotion.gates.length > 0 && passed(promotion.gates)) gated.add(change);
      }
      return tallyOf(all, (change) => gated.has(change), nameOf);
    },
    async environmentOrderKept(project, window) {
      const known = await environments(project);
      const everything = await releases.list(project);
      const later = (await done(project, window)).filter((each) => known.get(each.environment)?.after);
      return tallyOf(
        later,
        (promotion) =>
          promotion.gates.some((gate) => gate.name === 'order' && gate.state === 'passed') ||
          everything.some(
            (other) =>
              other.state === 'done' &&
              other.environment === known.get(promotion.environment)?.after &&
              other.model === promotion.model &&
              other.version === promotion.version &&
              (other.ended_at ?? 0) <= promotion.created_at,
          ),
        (promotion) => urn('promotion', promotion.id),
      );
    },
    async releases(project, window) {
      const list: CommitUse[] = [];
      for (const { id, model, version } of await intoProtected(project, window)) {
        const { run_id } = await registry.getVersion(project, model, version);
        const [run] = run_id ? await tracking.runFacts(project, { ids: [run_id] }) : [];
        list.push({ commit: run?.commit ?? NO_COMMIT, of: urn('promotion', id) });
      }
      return list;
    },
    async rolloutsDecided(project, window) {
      const all = (await rollouts.list(project)).filter((rollout) => within(rollout.created_at, window));
      return tallyOf(
        all,
        (rollout) => rollout.state === 'decided',
        (rollout) => urn('rollout', rollout.id),
      );
    },
    async rollbacksExercised(project, window) {
      const back = (await changes(project, window)).filter((change) => change.cause.kind === 'rollback');
      const decided = (await rollouts.list(project)).filter(
        (rollout) => rollout.verdict === 'roll_back' && within(rollout.ended_at, window),
      );
      const proofs = [...back.map(nameOf), ...decided.map((rollout) => urn('rollout', rollout.id))];
      const all = [...new Set(proofs)];
      const count = back.length + decided.length;
      return { found: count, total: count, proofs: all.slice(0, 5) };
    },
    async retrainsByAlertPromotedByPolicy(project, window) {
      const released = (await intoProtected(project, window)).filter((each) =>
        each.caused_by?.startsWith('rondo:firing:'),
      );
      const alarmed = [];
      for (const training of await trainingsOf(parts, project, window)) {
        if (training.firing === null) continue;
        const { event } = await automation.firing(project, training.firing);
        const state = (event.data as { state?: unknown } | null)?.state;
        if (event.type === 'alert.opened' || (event.type === 'window.closed' && state === 'breach'))
          alarmed.push(training);
      }
      return tallyOf(
        alarmed,
        ({ versions }) =>
          versions.some(({ name, version }) =>
            released.some((each) => each.model === name && each.version === version && isLast(each)),
          ),
        ({ run }) => urn('pipeline-run', run),
      );
    },
    /** No room records from which project another was made. */
    templatesUsed: async () => NOTHING,
  };

  /** A promotion that went on from there has not arrived yet. */
  function isLast(promotion: Promotion): boolean {
    return promotion.next.length === 0;
  }
}
