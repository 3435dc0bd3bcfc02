// What the palette asks for runs as one types, over everything of a project: the slowest of its questions at many runs.
//   node bench/palette.mjs --url http://127.0.0.1:7070 --experiment 1 [--rounds 20]
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:7070' },
    experiment: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '20' },
  },
});
/** Names that are found at once, found late, found never; the beginning of an id. */
const TERMS = ['trial', 'trial-99', 'rial-17', 'trial-4', 'no such run', '%_', '8ed7e9'];
const rounds = Number(values.rounds);
const at = (list, share) =>
  Number(list.toSorted((a, b) => a - b)[Math.floor(list.length * share)].toFixed(1));

for (const term of TERMS) {
  const like = `'%${term}%'`;
  const filter = /^[0-9a-f]{6,32}$/.test(term)
    ? `attributes.run_id LIKE '${term}%' OR attributes.run_name ILIKE ${like}`
    : `attributes.run_name ILIKE ${like}`;
  const took = [];
  let found = 0;
  for (let round = 0; round < rounds; round++) {
    const since = performance.now();
    const answer = await fetch(`${values.url}/api/2.0/mlflow/runs/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ experiment_ids: [values.experiment], filter, columns: [], max_results: 8 }),
    });
    found = (await answer.json()).runs?.length ?? 0;
    took.push(performance.now() - since);
  }
  console.log(JSON.stringify({ term, found, p50_ms: at(took, 0.5), p95_ms: at(took, 0.95) }));
}
