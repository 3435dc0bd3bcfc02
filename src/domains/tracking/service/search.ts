import type { JsonBytes } from '../../../lib/contract/index.ts';
import { checkOrders, parseFilter, parseOrderBy } from '../../../lib/search/parse.ts';
import { badParameter } from '../errors.ts';
import { type RunSearch, searchRuns as searchRunsPage } from '../long-reads.ts';
import { limitOf, searchOf, type SearchText } from '../search-text.ts';
import type { Experiment, LoggedModel, Page, Run, View } from '../schema.ts';
import { experimentTags } from '../store/experiments.ts';
import type { LoggedModelRow } from '../store/logged-models.ts';
import { searchRunNumbers } from '../store/run-search.ts';
import { hasMore } from '../store/runs.ts';
import {
  type DatasetFilter,
  type LoggedModelOrder,
  searchExperimentRows,
  searchLoggedModelRows,
} from '../store/search.ts';
import { toExperiment } from '../wire.ts';
import type { TrackingContext } from './context.ts';

export interface SearchOptions extends SearchText {
  view?: View | undefined;
}

/** Which runs, and how much of each: all of it without `columns`. */
export interface RunSearchOptions extends SearchOptions {
  experimentIds: readonly string[];
  columns?: readonly string[] | undefined;
  extremes?: boolean | undefined;
  children?: boolean | undefined;
  parent?: string | undefined;
  top?: boolean | undefined;
}

export interface ModelOrder {
  field_name: string;
  ascending?: boolean | undefined;
  dataset_name?: string | undefined;
  dataset_digest?: string | undefined;
}

/** Up to here a search takes about a millisecond, less than it is worth to start a thread for. */
const INLINE_RUNS = 300;

export function searchVerbs(
  context: TrackingContext,
  assemble: {
    runs(numbers: readonly number[]): Promise<Run[]>;
    models(rows: readonly LoggedModelRow[]): Promise<LoggedModel[]>;
  },
) {
  const { database } = context;

  return {
    async searchRuns(
      project: string,
      options: SearchOptions & { experimentIds: readonly string[] },
    ): Promise<Page<Run>> {
      const search = searchOf(options, 'runs');
      const experiments = await context.experimentNumbers(project, options.experimentIds);
      const scope = { project, experiments, view: options.view ?? 'ACTIVE_ONLY' };
      const page = await searchRunNumbers(database, scope, search);
      return { items: await assemble.runs(page.items), token: page.token };
    },

    /** The same as the answer of MLflow's `runs/search`. Where there is much to look through, the event loop does not wait for it. */
    async searchRunsAnswer(project: string, options: RunSearchOptions): Promise<JsonBytes> {
      const experiments = await context.experimentNumbers(project, options.experimentIds);
      const { experimentIds: _, view = 'ACTIVE_ONLY', ...asked } = options;
      const search: RunSearch = { project, experiments, view, ...asked };
      if (await hasMore(database.read, 'runs', experiments, INLINE_RUNS))
        return context.reads.run('tracking.searchRuns', search);
      return searchRunsPage(database, search);
    },

    async searchExperiments(project: string, options: SearchOptions = {}): Promise<Page<Experiment>> {
      const search = searchOf(options, 'experiments');
      await context.ready(project);
      const page = await searchExperimentRows(
        database,
        { project, view: options.view ?? 'ACTIVE_ONLY' },
        search,
      );
      const tags = await experimentTags(
        database.read,
        page.items.map((row) => row.id),
      );
      return { items: page.items.map((row) => toExperiment(row, tags.get(row.id))), token: page.token };
    },

    async searchLoggedModels(
      project: string,
      options: Omit<SearchOptions, 'orderBy' | 'view'> & {
        experimentIds: readonly string[];
        datasets?: readonly DatasetFilter[];
        orderBy?: readonly ModelOrder[] | undefined;
      },
    ): Promise<Page<LoggedModel>> {
      const { orderBy = [] } = options;
      checkOrders(orderBy.length);
      const search = {
        filter: parseFilter(options.filter ?? '', 'logged-models'),
        orderBy: orderBy.map(modelOrder),
        limit: limitOf(options.limit || 50),
        token: options.token || undefined,
      };
      const experiments = await context.experimentNumbers(project, options.experimentIds);
      const scope = { project, experiments, datasets: options.datasets ?? [] };
      const page = await searchLoggedModelRows(database, scope, search);
      return { items: await assemble.models(page.items), token: page.token };
    },
  };
}

function modelOrder(order: ModelOrder): LoggedModelOrder {
  const ascending = order.ascending ?? true;
  const dataset = { name: order.dataset_name, digest: order.dataset_digest };
  const dot = order.field_name.indexOf('.');
  if (dot < 0) {
    const [parsed] = parseOrderBy([order.field_name.replace(/_ms$/, '')], 'logged-models');
    if (parsed?.entity === 'attribute') return { ...parsed, ascending };
    throw badParameter(`Invalid order by field name: ${order.field_name}`);
  }
  if (order.field_name.slice(0, dot) !== 'metrics')
    throw badParameter(`Invalid order by field name: ${order.field_name}. Only metrics are supported.`);
  return { entity: 'metric', key: order.field_name.slice(dot + 1), numeric: true, ascending, dataset };
}
