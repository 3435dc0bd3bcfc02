import { useMemo } from 'react';
import { quotedLike } from '../../../lib/search/quoted-like.ts';
import { useAskAnew, useEndpoint, useEndpoints, usePages } from '../../../ui/data.tsx';
import { formatNumber } from '../../../ui/number.ts';
import type { PanelState } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { readSort } from '../../../ui/table-state.ts';
import { useFresh } from '../../../ui/use-fresh.ts';
import { modelTableContract } from '../contract/model-table.ts';
import { modelsContract } from '../contract/models.ts';
import type { RegisteredModel } from '../schema.ts';
import type { NewestMetric } from '../schema/evaluation.ts';
import { PROMPTS_ONLY } from './prompt-words.ts';

const PAGE = 200;
/** What the server orders by, by the ids of columns. */
const ORDERED: Readonly<Record<string, string>> = { name: 'name', updated: 'last_updated_timestamp' };

/** The newest number of a version; 0 without one. */
export const newestOf = (model: RegisteredModel): number =>
  Math.max(0, ...(model.latest_versions ?? []).map((version) => Number(version.version)));

/** Models or prompts of the project whose name holds what the address says, page by page as one scrolls, in the address's order. */
export function useModels(kind: 'models' | 'prompts') {
  const { project, search } = usePlace();
  const { q = '', sort = '' } = search;
  const order = readSort(sort).flatMap(({ id, desc }) =>
    ORDERED[id] ? [`${ORDERED[id]} ${desc ? 'DESC' : 'ASC'}`] : [],
  );
  const filter = [
    ...(kind === 'prompts' ? [PROMPTS_ONLY] : []),
    ...(q.trim() ? [`name ILIKE ${quotedLike(q.trim())}`] : []),
  ].join(' AND ');
  const paged = usePages(
    modelsContract.searchRegisteredModels,
    (token) => ({
      query: {
        max_results: PAGE,
        order_by: order,
        ...(filter ? { filter } : {}),
        ...(token ? { page_token: token } : {}),
      },
    }),
    (page) => page.next_page_token,
  );
  const models = useMemo(() => paged.pages.flatMap((page) => page.registered_models ?? []), [paged.pages]);
  const counted = useEndpoint(modelTableContract.countModels, { params: { project }, query: { kind } });
  const counts = counted.data;
  // A version or an alias that came changes its model's time: what is shown is no longer so.
  const { fresh, seen } = useFresh(`${kind} ${project}`, counts?.newest_change);
  const askAnew = useAskAnew();
  return {
    models,
    pages: paged.pages,
    counts,
    more: paged.more,
    fresh:
      fresh > 0
        ? {
            text: `${kind === 'models' ? 'Models' : 'Prompts'} have changed: show them as they are now`,
            onShow: () => {
              seen();
              void askAnew();
            },
          }
        : undefined,
    state: (empty: PanelState & { kind: 'empty' }, onClear: () => void): PanelState => {
      if (paged.fault) return { kind: 'error', fault: paged.fault, onRetry: paged.retry };
      if (paged.loading) return { kind: 'loading', rows: 5, awaiting: 'Still waiting for the server.' };
      if (models.length > 0 || paged.refreshing) return { kind: 'ready', refreshing: paged.refreshing };
      if (!q.trim()) return empty;
      const all = counts ? `; ${formatNumber(counts.models, 'count')} without the filter` : '';
      return { kind: 'filtered', sentence: `Nothing has ${q.trim()} in its name${all}.`, onClear };
    },
  };
}

/** How good models are, asked for a page of them at a time. */
export function useNewestMetrics(
  pages: readonly { registered_models?: RegisteredModel[] | undefined }[],
): ReadonlyMap<string, NewestMetric> {
  const { project } = usePlace();
  const answers = useEndpoints(
    modelTableContract.listNewestMetrics,
    pages.flatMap((page) => {
      const models = (page.registered_models ?? []).map(({ name }) => name);
      return models.length > 0 ? [{ params: { project }, body: { models } }] : [];
    }),
  );
  return useMemo(
    () => new Map(answers.flatMap((answer) => answer?.metrics ?? []).map((each) => [each.model, each])),
    [answers],
  );
}
