import { useDebouncedValue } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { modelsContract } from '../domains/registry/contract/models.ts';
import { versionsContract } from '../domains/registry/contract/versions.ts';
import { experimentsContract } from '../domains/tracking/contract/experiments.ts';
import { runsContract } from '../domains/tracking/contract/runs.ts';
import { tracesContract } from '../domains/tracking/contract/traces.ts';
import { quotedLike } from '../lib/search/quoted-like.ts';
import { useEndpoint } from '../ui/data.tsx';
import type { PaletteEntry } from '../ui/palette-entries.ts';
import { pageOf, usePlace } from '../ui/place.ts';

const TYPING_MS = 150;
const SHORTEST = 2;
/** Answers of one kind. */
const MOST = 8;
const PROMPT = 'mlflow.prompt.is_prompt';

/** What is searched on the server for a query: nothing for signs and for a letter. */
export function termOf(query: string): string | undefined {
  const term = query.trim();
  return /^[>@]/.test(term) || term.length < SHORTEST ? undefined : term.slice(0, 200);
}

const ID = /^[0-9a-f]{6,32}$/;

/**
 * Whether all that answers to `term` answers to `before` too, so that nothing can be found where that found nothing. Signs of
 * LIKE may be in both; an escape changes what stands behind it. Letters that may be the beginning of an id are searched as one
 * only when they are long enough.
 */
export const isNarrower = (term: string, before: string): boolean =>
  term.includes(before) &&
  !before.includes('\\') &&
  (!ID.test(term) || (ID.test(before) && term.startsWith(before)));

/** Experiments, runs, models, versions, prompts and traces of the project whose name or id answers to what was typed. */
export function usePaletteSearch(query: string): PaletteEntry[] {
  const { project } = usePlace();
  const [settled] = useDebouncedValue(query, TYPING_MS);
  const term = project === '' ? undefined : termOf(settled);
  const like = quotedLike(term ?? '');
  const experiments = useEndpoint(
    experimentsContract.searchExperiments,
    term === undefined ? undefined : { body: { max_results: MOST, filter: `name ILIKE ${like}` } },
  );
  // Runs are searched where they are: in every experiment of the project.
  const everywhere = useEndpoint(
    experimentsContract.searchExperiments,
    term === undefined ? undefined : { body: { max_results: 50_000 } },
  );
  const ids = everywhere.data?.experiments?.map((each) => each.experiment_id) ?? [];
  const [fruitless, setFruitless] = useState<string>();
  const noRuns = term !== undefined && fruitless !== undefined && isNarrower(term, fruitless);
  const runs = useEndpoint(
    runsContract.searchRuns,
    term === undefined || ids.length === 0 || noRuns
      ? undefined
      : {
          body: {
            experiment_ids: ids,
            filter: ID.test(term)
              ? `attributes.run_id LIKE '${term}%' OR attributes.run_name ILIKE ${like}`
              : `attributes.run_name ILIKE ${like}`,
            columns: [],
            max_results: MOST,
          },
        },
  );
  const foundNone = runs.data !== undefined && !runs.refreshing && !runs.data.runs?.length;
  if (term !== undefined && !noRuns && foundNone && fruitless !== term) setFruitless(term);
  // `late v2` and `late 2` name a version.
  const model = term?.replace(/\s+v?\d*$/, '');
  const named = model ? { filter: `name ILIKE ${quotedLike(model)}`, max_results: MOST } : undefined;
  const models = useEndpoint(modelsContract.searchRegisteredModels, named && { query: named });
  const versions = useEndpoint(
    versionsContract.searchModelVersions,
    named && { query: { ...named, max_results: 50 } },
  );
  const prompts = useEndpoint(
    modelsContract.searchRegisteredModels,
    named && { query: { ...named, filter: `${named.filter} AND tags.\`${PROMPT}\` = 'true'` } },
  );
  const traces = useEndpoint(
    tracesContract.searchTraces,
    term === undefined || ids.length === 0
      ? undefined
      : {
          body: {
            locations: ids
              .slice(0, 100)
              .map((experiment_id) => ({ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } })),
            filter: /^tr-[0-9a-f]+$/.test(term) ? `trace_id LIKE '${term}%'` : `name ILIKE ${like}`,
            max_results: MOST,
          },
        },
  );
  return useMemo(() => {
    const object = (
      kind: string,
      label: string,
      href: string,
      words: readonly string[] = [],
    ): PaletteEntry => ({
      id: `found ${href}`,
      kind: 'object',
      label,
      note: kind,
      words,
      href,
    });
    if (term === undefined) return [];
    return [
      ...(experiments.data?.experiments ?? []).map((each) =>
        object('experiment', each.name, `${pageOf(project, 'experiments')}?experiment=${each.experiment_id}`),
      ),
      ...(runs.data?.runs ?? []).map(({ info }) =>
        object('run', info.run_name || info.run_id.slice(0, 8), pageOf(project, 'runs', info.run_id), [
          info.run_id,
        ]),
      ),
      ...(models.data?.registered_models ?? []).map((each) =>
        object('model', each.name, pageOf(project, 'models', each.name)),
      ),
      ...(versions.data?.model_versions ?? []).map((each) =>
        object(
          'model version',
          `${each.name} v${each.version}`,
          pageOf(project, 'models', each.name, each.version),
          [`${each.name} ${each.version}`, ...(each.digest ? [each.digest] : [])],
        ),
      ),
      ...(prompts.data?.registered_models ?? []).map((each) =>
        object('prompt', each.name, pageOf(project, 'prompts', each.name)),
      ),
      ...(traces.data?.traces ?? []).map((each) =>
        object('trace', traceName(each), pageOf(project, 'traces', each.trace_id), [each.trace_id]),
      ),
    ];
  }, [project, term, experiments.data, runs.data, models.data, versions.data, prompts.data, traces.data]);
}

const traceName = (trace: {
  trace_id: string;
  tags?: Readonly<Record<string, string>> | undefined;
}): string => trace.tags?.['mlflow.traceName'] ?? trace.trace_id;
