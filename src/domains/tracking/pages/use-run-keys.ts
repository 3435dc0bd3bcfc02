import { useMemo, useState } from 'react';
import { useEndpoint } from '../../../ui/data.tsx';
import type { ColumnFinder } from '../../../ui/column-picker.tsx';
import type { Suggestion } from '../../../ui/filter-bar.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { runTableContract } from '../contract/run-table.ts';
import { BEGINNINGS, keyText, valueText, type Writing, writingAt } from './filter-words.ts';

interface Of {
  project: string;
  experiments: readonly string[];
}

type Kind = 'metrics' | 'params' | 'tags';

/** Keys of runs by kind; nothing is asked while `kind` is undefined. */
function useKeys(
  { project, experiments }: Of,
  kind: Kind | undefined,
  more: { term?: string; of_runs?: number },
) {
  return useEndpoint(
    runTableContract.listRunKeys,
    kind && experiments.length > 0
      ? { params: { project }, query: { experiment_ids: [...experiments], kind, limit: 200, ...more } }
      : undefined,
  );
}

/** Keys of the newest runs, for a first look; undefined until they are there. */
export function useFirstKeys(of: Of, wanted: boolean): { metrics: string[]; params: string[] } | undefined {
  const metrics = useKeys(of, wanted ? 'metrics' : undefined, { of_runs: 200 }).data;
  const params = useKeys(of, wanted ? 'params' : undefined, { of_runs: 200 }).data;
  return useMemo(
    () =>
      metrics && params
        ? { metrics: metrics.keys.map(({ key }) => key), params: params.keys.map(({ key }) => key) }
        : undefined,
    [metrics, params],
  );
}

/** Columns that can be had, by what somebody types into the picker: keys of metrics, params and tags, and the best of a metric. */
export function useColumnFinder(of: Of, onAdd: (id: string) => void): ColumnFinder {
  const [term, setTerm] = useState<string>();
  const asked = term === undefined ? undefined : { term: term.replace(/^best /, '') };
  const metrics = useKeys(of, asked && 'metrics', asked ?? {});
  const params = useKeys(of, asked && 'params', asked ?? {});
  const tags = useKeys(of, asked && 'tags', asked ?? {});
  const found = useMemo(() => {
    const list = (kind: string, keys: readonly { key: string; runs: number }[] = []) =>
      keys.map(({ key, runs }) => ({
        id: `${kind}.${key}`,
        head: kind === 'best' ? `best ${key}` : key,
        note: `${kind === 'best' ? 'metric' : kind.slice(0, -1)}, ${formatNumber(runs, 'count')} runs`,
      }));
    return [
      ...list('metrics', metrics.data?.keys),
      ...list('params', params.data?.keys),
      ...list('tags', tags.data?.keys),
      ...list('best', metrics.data?.keys),
    ];
  }, [metrics.data, params.data, tags.data]);
  return { found, onTerm: setTerm, onAdd, searching: asked !== undefined && !tags.data };
}

/** What can be written next in a filter: kinds, keys and values with the number of runs that have them. */
export function useFilterOffers(of: Of): {
  onTyping: (before: string) => void;
  offers: { from: number; items: readonly Suggestion[] } | undefined;
} {
  const [writing, setWriting] = useState<Writing>();
  const keys = useKeys(of, writing?.what === 'key' ? writing.kind : undefined, {
    term: writing?.what === 'key' ? writing.term : '',
  });
  const values = useEndpoint(
    runTableContract.listRunValues,
    writing?.what === 'value' && of.experiments.length > 0
      ? {
          params: { project: of.project },
          query: {
            experiment_ids: [...of.experiments],
            kind: writing.kind,
            key: writing.key,
            term: writing.term,
            limit: 20,
          },
        }
      : undefined,
  );
  const offers = useMemo(() => {
    const noted = (runs: number) => `${formatNumber(runs, 'count')} ${runs === 1 ? 'run' : 'runs'}`;
    switch (writing?.what) {
      case 'kind':
        return BEGINNINGS.filter(
          (word) => word.startsWith(writing.term.toLowerCase()) && word !== writing.term,
        ).map((text) => ({ text }));
      case 'key':
        return (keys.data?.keys ?? []).map(({ key, runs }) => ({ text: keyText(key), note: noted(runs) }));
      case 'value':
        return (values.data?.values ?? []).map(({ value, runs }) => ({
          text: valueText(value),
          note: noted(runs),
        }));
      default:
        return [];
    }
  }, [writing, keys.data, values.data]);
  return {
    onTyping: (before) => setWriting(writingAt(before)),
    offers: writing && offers.length > 0 ? { from: writing.from, items: offers } : undefined,
  };
}
