/** An entry of the navigation; `page` is the segment of the address and the word on screen is `label`. */
export interface NavItem {
  page: string;
  label: string;
  /** The key after `g`. */
  jump?: string;
}

export interface NavGroup {
  label?: string;
  items: readonly NavItem[];
}

/** The navigation, in the order of the loop. */
export const NAVIGATION: readonly NavGroup[] = [
  { items: [{ page: 'overview', label: 'Overview', jump: 'o' }] },
  { label: 'Design', items: [{ page: 'charter', label: 'Charter', jump: 'c' }] },
  {
    label: 'Data',
    items: [
      { page: 'datasets', label: 'Datasets', jump: 'd' },
      { page: 'features', label: 'Features', jump: 'f' },
    ],
  },
  {
    label: 'Build',
    items: [
      { page: 'experiments', label: 'Experiments', jump: 'e' },
      { page: 'traces', label: 'Traces' },
      { page: 'pipelines', label: 'Pipelines', jump: 'p' },
      { page: 'models', label: 'Models', jump: 'm' },
      { page: 'prompts', label: 'Prompts' },
    ],
  },
  {
    label: 'Release',
    items: [
      { page: 'releases', label: 'Releases', jump: 'r' },
      { page: 'endpoints', label: 'Endpoints', jump: 's' },
      { page: 'rollouts', label: 'Rollouts', jump: 't' },
    ],
  },
  {
    label: 'Watch',
    items: [
      { page: 'monitors', label: 'Monitors', jump: 'w' },
      { page: 'predictions', label: 'Predictions', jump: 'q' },
    ],
  },
  {
    label: 'Close the loop',
    items: [
      { page: 'automation', label: 'Automation', jump: 'a' },
      { page: 'maturity', label: 'Maturity', jump: 'y' },
    ],
  },
];

/** At the foot of the navigation. */
export const NAV_FOOT: readonly NavItem[] = [
  { page: 'lineage', label: 'Lineage', jump: 'l' },
  { page: 'settings', label: 'Settings' },
];

export const NAV_ITEMS: readonly NavItem[] = [...NAVIGATION.flatMap((group) => group.items), ...NAV_FOOT];

export const pageHref = (project: string, page: string) => `/p/${encodeURIComponent(project)}/${page}`;

/** The project an address belongs to. */
export function projectOf(pathname: string): string | undefined {
  const [, p, project] = pathname.split('/');
  return p === 'p' && project ? decodeURIComponent(project) : undefined;
}

export interface Crumb {
  label: string;
  href: string;
}

/** The parts of an address after the project: the page in its word, then names as they are. */
export function crumbsOf(pathname: string): Crumb[] {
  const parts = pathname.split('/').filter(Boolean);
  const inProject = parts[0] === 'p';
  const from = inProject ? 2 : 0;
  return parts.slice(from).map((part, index) => {
    const text = decodeURIComponent(part);
    const label =
      index === 0 ? (NAV_ITEMS.find((item) => item.page === text)?.label ?? sentence(text)) : text;
    return { label, href: `/${parts.slice(0, from + index + 1).join('/')}` };
  });
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
