/** Runs `each` over the items, at most `lanes` at a time, begun in their order; results in their order. */
export async function inLanes<T, R>(
  items: readonly T[],
  lanes: number,
  each: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  const lane = async () => {
    for (const [at, item] of left) results[at] = await each(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
