/** Nouns of things whose page has another name. */
const PAGES: Readonly<Record<string, string>> = { rules: 'automation', 'logged-models': 'models' };

/** Words between a name and its number that the address of a page leaves out. */
const LEFT_OUT = new Set(['versions', 'firings']);

/** The page of a thing named by its path under a project: `flights/models/m/versions/3` is at `/p/flights/models/m/3`. */
export function addressOf(path: string): string {
  const [project = 'default', noun = 'overview', ...rest] = path.split('/').filter(Boolean);
  const parts = rest.filter((part, index) => !(index > 0 && LEFT_OUT.has(part)));
  const firing = noun === 'rules' && rest[1] === 'firings' ? rest[2] : undefined;
  if (firing !== undefined) return `/p/${project}/automation?firing=${firing}`;
  if (noun === 'rules') return `/p/${project}/automation`;
  return `/p/${[project, PAGES[noun] ?? noun, ...parts].join('/')}`;
}
