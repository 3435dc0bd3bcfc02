import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import { usePlace } from '../../../ui/place.ts';

const TYPING_MS = 150;

/** Narrows a list to names that hold what is typed; kept in the address. */
export function NameFilter({ label }: { label: string }) {
  const { search, setSearch } = usePlace();
  const [typed, setTyped] = useState<string>();
  const find = useDebouncedCallback(
    (text: string) => setSearch({ q: text || undefined }, { replace: true }),
    TYPING_MS,
  );
  return (
    <div className="r-row">
      <input
        type="search"
        className="r-search"
        aria-label={label}
        placeholder={label}
        value={typed ?? search.q ?? ''}
        data-filter
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          find(event.currentTarget.value);
        }}
        onBlur={() => {
          find.flush();
          setTyped(undefined);
        }}
      />
    </div>
  );
}
