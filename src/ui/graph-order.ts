/** Ids from cause to effect: every node after all it depends on; what hangs in a cycle comes last in the given order. */
export function causeFirst(
  nodes: readonly { id: string }[],
  edges: readonly { from: string; to: string }[],
): string[] {
  const open = new Map(nodes.map((node) => [node.id, 0]));
  for (const edge of edges)
    if (open.has(edge.from) && open.has(edge.to)) open.set(edge.to, (open.get(edge.to) ?? 0) + 1);
  const ready = nodes.filter((node) => open.get(node.id) === 0).map((node) => node.id);
  const done: string[] = [];
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    done.push(id);
    for (const edge of edges) {
      if (edge.from !== id || !open.has(edge.to)) continue;
      const left = (open.get(edge.to) ?? 0) - 1;
      open.set(edge.to, left);
      if (left === 0) ready.push(edge.to);
    }
  }
  const placed = new Set(done);
  return [...done, ...nodes.map((node) => node.id).filter((id) => !placed.has(id))];
}
