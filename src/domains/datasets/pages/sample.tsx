import { useState } from 'react';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { FilterBar } from '../../../ui/filter-bar.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { datasetsContract } from '../contract.ts';
import { Rows } from './checks.tsx';

const LIMIT = 200;

/** The first rows of a version, those that match a condition when one is given. */
export function Sample({ project, name, version }: { project: string; name: string; version: number }) {
  const { search, setSearch } = usePlace();
  const [where, setWhere] = useState(search.q ?? '');
  const answer = useEndpoint(datasetsContract.readRows, {
    params: { project, name, version },
    query: { limit: LIMIT, ...(where ? { where } : {}) },
  });
  const put = (next: string) => {
    setWhere(next);
    setSearch({ q: next || undefined }, { replace: true });
  };
  return (
    <>
      <FilterBar
        value={where}
        onChange={put}
        label="SQL condition"
        placeholder="A condition in SQL, for example distance > 500"
        count={
          answer.data
            ? `${answer.data.rows.length} of ${answer.data.total.toLocaleString('en-US')}`
            : undefined
        }
      />
      <Panel
        state={
          answer.data && answer.data.rows.length === 0 && where
            ? { kind: 'filtered', sentence: `No row matches ${where}.`, onClear: () => put('') }
            : panelState(answer, { rows: 8 })
        }
      >
        <Rows rows={answer.data?.rows ?? []} />
      </Panel>
    </>
  );
}
