import type { Rondo } from 'rondo';
import { ENDPOINT } from './platform.ts';
import type { Stage } from './play.ts';

/** Production first; the environments before it where production has had one version only. */
const DRILL_AT = [ENDPOINT, `${ENDPOINT}-staging`, `${ENDPOINT}-dev`];

/** Starts the pipeline that repeats a run of the first training, once per data folder; answers with its run. */
export async function reproduceRun(rondo: Rondo): Promise<string> {
  const run = await rondo.pipelines.runPipeline({
    params: { name: 'flights-reproduce' },
    body: {
      key: 'quickstart: reproduction',
      reason: { text: 'to see whether a training can be repeated' },
    },
  });
  return run.id;
}

/** Rolls an endpoint back and forward again, unless that was done before. Says what was drilled. */
export async function drillRollback(rondo: Rondo, stage: Stage): Promise<string> {
  for (const endpoint of DRILL_AT) {
    const drilled = await drillAt(rondo, endpoint, stage);
    if (drilled !== undefined) return drilled;
  }
  return 'No roll-back was drilled: no endpoint without a test has answered with two versions yet.';
}

async function drillAt(rondo: Rondo, endpoint: string, stage: Stage): Promise<string | undefined> {
  const params = { endpoint };
  const { endpoint: now, revisions } = await rondo.serving.getEndpoint({ params });
  const champions = revisions
    .filter((revision) => revision.state !== 'failed')
    .map((revision) => ({ ...revision, champion: revision.arms.find((arm) => arm.arm === 'champion') }));
  const drills = champions.filter((revision) => revision.cause.kind === 'rollback');
  const live = champions.find((revision) => revision.state === 'live')?.champion;
  if (!live) return undefined;
  const others = new Set(champions.map(({ champion }) => champion?.deployment));
  if (drills.length === 0 && (others.size < 2 || now.arms.length > 1)) return undefined;

  const newest = champions[0];
  const isBack = newest?.cause.kind === 'rollback' && drills.length % 2 === 1;
  // An interrupted drill is finished: forward to what answered before its first half.
  const home = isBack ? champions[1]?.champion : live;
  if (!home) return undefined;
  if (drills.length === 0) {
    stage.progress(`${endpoint}: back`);
    await rondo.serving.rollBack({ params, body: {} });
  }
  if (drills.length === 0 || isBack) {
    stage.progress(`${endpoint}: forward to v${home.version}`);
    await rondo.serving.rollBack({ params, body: { to: home.deployment } });
  }
  return `${endpoint} was rolled back and forward; v${home.version} answers.`;
}
