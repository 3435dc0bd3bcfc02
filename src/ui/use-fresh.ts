import { useState } from 'react';

/** How far a count has grown since it was first seen for this key: rows that wait above a list until somebody wants them. */
export function useFresh(key: string, count: number | undefined): { fresh: number; seen: () => void } {
  const [first, setFirst] = useState<{ key: string; count: number }>();
  if (count !== undefined && (first?.key !== key || count < first.count)) setFirst({ key, count });
  const fresh = first && first.key === key && count !== undefined ? count - first.count : 0;
  return { fresh, seen: () => setFirst(undefined) };
}
