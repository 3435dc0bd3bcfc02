import { parse } from 'yaml';
import type { BlobStore } from '../artifacts/index.ts';
import type { Database } from '../database/index.ts';
import type { DatasetsService } from '../domains/datasets/service.ts';
import type { FeaturesService } from '../domains/features/service.ts';
import type { LineageService } from '../domains/lineage/service.ts';
import type { ModelFacts } from '../domains/monitoring/service.ts';
import type { ProjectsService } from '../domains/projects/service.ts';
import type { EvaluationsService } from '../domains/registry/service/evaluations.ts';
import type { RegistryService } from '../domains/registry/service.ts';
import type { ReleaseFacts } from '../domains/releases/parts.ts';
import { SERVING_ERRORS } from '../domains/serving/errors.ts';
import { type FeatureServiceRoute, type RouteTable, Signature } from '../domains/serving/schema/route.ts';
import type { ModelPort } from '../domains/serving/service/endpoints.ts';
import type { ServingService } from '../domains/serving/service/endpoints.ts';
import { AppError } from '../lib/errors.ts';
import { parseUrn, splitProject, urn, urnIn } from '../lib/urn.ts';

interface Parts {
  database: Database;
  blobs: BlobStore;
  lineage: LineageService;
  projects: ProjectsService;
  datasets: DatasetsService;
  features: FeaturesService;
  registry: RegistryService;
}

const REQUEST_TYPES = {
  int: 'long',
  double: 'double',
  string: 'string',
  bool: 'boolean',
  timestamp: 'datetime',
} as const;
/** Online rows are kept this long beyond their view's time to live, so that a replay of a year still finds them. */
const RETAIN_MS = 400 * 86_400_000;

/** What a registered model says about itself in its MLmodel file: its ONNX file, signature and feature service. */
export function createModels(parts: Pick<Parts, 'blobs' | 'registry' | 'features'>) {
  const { registry, blobs, features } = parts;

  async function scorable(
    project: string,
    name: string,
    version: number,
  ): Promise<{ digest: string; signature: Signature; service: string | undefined }> {
    const ref = { project, name, version };
    const refuse = (why: string, hint: string) =>
      new AppError(SERVING_ERRORS.MODEL_NOT_SERVABLE, `${name} v${version} cannot be served: ${why}.`, {
        hint,
      });
    const signature = Signature.safeParse(await registry.signatureOf(ref));
    if (!signature.success)
      throw refuse(
        'it has no signature of named columns',
        'Log the model with a signature; its inputs must be columns.',
      );
    const document = parse(
      (await blobs.read((await registry.modelFile(ref, 'MLmodel')).digest)).toString('utf8'),
    ) as {
      flavors?: { onnx?: { data?: string } };
      metadata?: { feature_service?: string };
    };
    if (!document.flavors?.onnx)
      throw refuse('it has no ONNX flavor', 'Log it with mlflow.onnx, or convert it to ONNX first.');
    const file = await registry.modelFile(ref, document.flavors.onnx.data ?? 'model.onnx');
    return { digest: file.digest, signature: signature.data, service: document.metadata?.feature_service };
  }

  async function serviceRoute(project: string, reference: string): Promise<FeatureServiceRoute> {
    const [name = '', version] = reference.split('@');
    const service = await features.getService(
      project,
      name,
      version === undefined ? undefined : Number(version),
    );
    const joins = await Promise.all(
      service.joins.map(async (join) => {
        const view = await features.getView(project, join.view, join.view_version);
        return {
          view: join.view,
          view_version: join.view_version,
          entity: join.key,
          features: join.features,
          ttl_ms: view.ttl_ms,
          delay_ms: view.delay_ms,
          age_as: join.age_as,
        };
      }),
    );
    return {
      name: service.name,
      version: service.version,
      request: service.request.map((column) => ({ name: column.name, type: REQUEST_TYPES[column.type] })),
      event_time_column: service.event_time_column,
      transforms: service.transforms,
      joins,
    };
  }

  const port: ModelPort = {
    async plan(project, model, version) {
      const { digest, signature, service } = await scorable(project, model, version);
      const route = service === undefined ? null : await serviceRoute(project, service);
      return {
        model: { name: model, version: String(version), digest, flavor: 'onnx' },
        signature,
        feature_service: route,
        request: route?.request ?? signature.inputs,
      };
    },
  };
  return { port, scorable };
}

/** Views that the given endpoints read online. */
export async function onlineViews(
  features: FeaturesService,
  project: string,
  routes: readonly FeatureServiceRoute[],
): Promise<RouteTable['views']> {
  const wanted = new Map(
    routes.flatMap((route) =>
      route.joins.map((join) => [`${join.view}@${join.view_version}`, join] as const),
    ),
  );
  return Promise.all(
    [...wanted.values()].map(async (join) => {
      const view = await features.getView(project, join.view, join.view_version);
      const keep_ms = (view.ttl_ms ?? 0) + RETAIN_MS;
      return { project, view: join.view, version: join.view_version, keep_ms };
    }),
  );
}

/** Dataset versions that a model version was trained on, directly (`near`) and whatever those were derived from. */
async function trainingData(lineage: LineageService, project: string, model: string, version: number) {
  const graph = await lineage.walk(urnIn(project, 'model-version', model, version), {
    direction: 'up',
    depth: 8,
  });
  const near = graph.links.filter((link) => link.relation === 'trained-on').map((link) => link.to);
  const derived = new Set(near);
  for (let grew = true; grew; ) {
    grew = false;
    for (const link of graph.links) {
      if (!derived.has(link.from) || derived.has(link.to) || !link.to.startsWith('rondo:dataset-version:'))
        continue;
      derived.add(link.to);
      grew = true;
    }
  }
  const read = (text: string) => {
    const [name = '', number] = splitProject(parseUrn(text).parts, 2).own;
    return { name, version: Number(number) };
  };
  const commit = graph.nodes.find((node) => node.urn.startsWith('rondo:commit:'));
  return {
    near: near.map(read),
    all: [...derived].map(read),
    commit: commit === undefined ? null : (parseUrn(commit.urn).parts[0] ?? null),
  };
}

export function createFacts(
  parts: Parts & {
    evaluations: EvaluationsService;
    serving: ServingService;
    ci(project: string, commit: string): Promise<{ passed: number; failed: number } | null>;
  },
) {
  const { projects, datasets, lineage, evaluations, registry } = parts;
  const models = createModels(parts);

  const monitoring: ModelFacts = {
    hasCharter: async (project) => (await projects.get(project)).charter !== null,
    async rule(project) {
      const charter = (await projects.get(project)).charter;
      return charter
        ? {
            task: charter.task,
            loss: charter.goal.metric,
            baseline: await evaluations.baselineOf(project, charter),
          }
        : undefined;
    },
    async evaluatedSkill(project, model, version) {
      const [newest] = await evaluations.list(project, model, version);
      return newest?.pairs.baseline?.gain.value ?? undefined;
    },
    async trainingReference(project, model, version) {
      const [first] = (await trainingData(lineage, project, model, version)).near;
      if (!first) return undefined;
      const data = await datasets.getVersion(project, first.name, first.version);
      const { signature } = await models.scorable(project, model, version);
      const numeric = signature.inputs
        .filter((input) => !['string', 'datetime', 'boolean'].includes(input.type))
        .map((input) => input.name);
      return {
        digests: data.parts.map((part) => part.digest),
        eventTime: 'event_time',
        features: numeric,
        name: `${first.name} v${first.version}`,
      };
    },
  };

  const release: ReleaseFacts = {
    async gates(project, model, version, champion) {
      const evaluation = await evaluations.beside(project, model, version, champion);
      const data = await trainingData(lineage, project, model, version);
      const subject = await models.scorable(project, model, version);
      const pair = evaluation?.pairs.champion;
      const baseline = evaluation?.pairs.baseline;
      const ci = data.commit === null ? null : await parts.ci(project, data.commit);
      return {
        checks: await checksOf(project, data.all),
        evaluation: evaluation
          ? {
              urn: urn('evaluation', evaluation.id),
              loss: evaluation.loss,
              baseline: baseline?.gain ?? null,
              champion:
                pair && evaluation.champion !== null ? { ...pair.gain, version: evaluation.champion } : null,
            }
          : null,
        championSignature:
          champion === undefined ? null : (await models.scorable(project, model, champion)).signature,
        signature: subject.signature,
        ci: ci && data.commit !== null ? { commit: data.commit, ...ci } : null,
        commit: data.commit,
        sd: pair?.sd ?? null,
        parts: {
          files: (await registry.manifestOf({ project, name: model, version }))?.digest,
          evaluation: evaluation?.id,
          feature_service: subject.service,
          data: data.all,
        },
      };
    },
  };

  /** The newest report of each dataset version that has one. */
  async function checksOf(project: string, versions: readonly { name: string; version: number }[]) {
    const found: { dataset: string; failed: number; total: number }[] = [];
    for (const name of new Set(versions.map((each) => each.name))) {
      const reports = await datasets.listReports(project, name, 500).catch(() => []);
      for (const { version } of versions.filter((each) => each.name === name)) {
        const report = reports.find((each) => each.version === version);
        if (report)
          found.push({
            dataset: `${name} v${version}`,
            failed: report.failed,
            total: report.passed + report.failed + report.warned,
          });
      }
    }
    return found;
  }

  return { monitoring, release };
}
