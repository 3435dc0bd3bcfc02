import { nameFault } from '../../domains/registry/policy.ts';
import type { Outcome } from '../../domains/tracking/schema/import.ts';
import { fitRegistered } from './fit.ts';
import { inHalves } from './server.ts';
import type { SourceRegistered } from './source.ts';
import type { TransferOptions, Whereabouts } from './transfer.ts';

const VERSIONS_AT_ONCE = 100;
const ELSEWHERE = 'Its files are not among those that were brought here, so it only names where they were.';

/** Brings registered models and prompts; versions get the files of the runs and models that were brought before. */
export async function bringRegistered(options: TransferOptions, where: Whereabouts): Promise<void> {
  const { source, target, tally, dryRun, only } = options;
  for await (const found of source.registered?.() ?? []) {
    options.signal.throwIfAborted();
    const { thing: model, lost } = fitRegistered(found);
    options.progress(`model ${model.name}: ${tally.line()}`);
    const ofThese = (version: SourceRegistered['versions'][number]) =>
      where.runs.has(version.run_id) || where.models.has(version.model_id);
    const versions = only.length === 0 ? model.versions : model.versions.filter(ofThese);
    if (only.length > 0 && versions.length === 0) continue;
    for (const one of lost) tally.lose(one);
    const fault = nameFault(model.name);
    if (fault !== undefined) {
      const also = `Its ${versions.length} versions are left out too: rename it there.`;
      tally.leaveOut({
        kind: 'registered models',
        id: model.name,
        why: `${fault} ${also}`,
      });
      continue;
    }
    if (dryRun) {
      tally.add('registered models', 'found');
      tally.add('versions', 'found', versions.length);
      tally.add('aliases', 'found', model.aliases.length);
      continue;
    }
    const numbers = new Set(versions.map(({ version }) => version));
    const aliases = model.aliases.filter(({ version }) => numbers.has(version));
    const { name, description, created_at, updated_at, last_version, tags } = model;
    const about = { name, description, created_at, updated_at, last_version, tags };
    const put = async (some: typeof versions, named: typeof aliases): Promise<Outcome[]> => {
      const placed = some.map(({ location, ...version }) => ({
        ...version,
        ...placeOf({ location, ...version }, where),
      }));
      return (await target.send('importRegisteredModel', { ...about, versions: placed, aliases: named }))
        .results;
    };
    const refused = (id: string, why: string): Outcome => ({ id, outcome: 'refused', why });
    const results: Outcome[] = [];
    for (let start = 0; start < versions.length; start += VERSIONS_AT_ONCE)
      results.push(
        ...(await inHalves(
          versions.slice(start, start + VERSIONS_AT_ONCE),
          (some) => put([...some], []),
          ({ version }, why) => refused(`${name}/${version}`, why),
        )),
      );
    results.push(...(await inHalves([name], () => put([], aliases), refused)));
    const known = name.normalize('NFC');
    // Each answer names the model: the first says what became of it.
    const [whole] = results.filter(({ id }) => id === known || id === name);
    if (whole) tally.outcome('registered models', whole);
    for (const result of results)
      if (result.id !== known && result.id !== name) tally.outcome(kindOf(result.id, name), result);
    for (const version of versions)
      if (!isPrompt(version) && placeOf(version, where).files_at === undefined)
        tally.notes.push({ kind: 'versions', id: `${name}/${version.version}`, why: ELSEWHERE });
  }
}

const kindOf = (id: string, name: string): 'versions' | 'aliases' =>
  id.slice(name.normalize('NFC').length).startsWith('@') ? 'aliases' : 'versions';

const isPrompt = ({ tags }: SourceRegistered['versions'][number]): boolean =>
  tags.some(({ key, value }) => key === 'mlflow.prompt.is_prompt' && value.toLowerCase() === 'true');

/** Where the files of a version are here, and how its source is written here. */
function placeOf(
  { source, location, model_id }: SourceRegistered['versions'][number],
  where: Whereabouts,
): { source: string; files_at?: string } {
  for (const text of [source, location]) {
    const [, model, inModel = ''] =
      /^models:\/(m-[\w-]+)()$/.exec(text) ?? /\/(m-[0-9a-f]{32})\/artifacts\/?(.*)$/.exec(text) ?? [];
    const uri = model === undefined ? undefined : where.models.get(model);
    if (uri !== undefined)
      return { source: inModel === '' ? `models:/${model}` : source, files_at: below(uri, inModel) };
    const [, run, path = ''] =
      /^runs:\/([\w-]+)\/?(.*)$/.exec(text) ?? /\/([0-9a-f]{32})\/artifacts\/?(.*)$/.exec(text) ?? [];
    const at = run === undefined ? undefined : where.runs.get(run);
    if (at !== undefined && model_id === '')
      return { source: `runs:/${run}/${path}`, files_at: below(at, path) };
  }
  const own = where.models.get(model_id);
  if (own !== undefined) return { source: `models:/${model_id}`, files_at: own };
  return { source };
}

const below = (uri: string, path: string) => (path === '' ? uri : `${uri}/${path.replace(/\/+$/, '')}`);
