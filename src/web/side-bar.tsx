import { useLocation } from '@tanstack/react-router';
import {
  Activity,
  ArrowUpFromLine,
  Boxes,
  ChartNoAxesColumn,
  CircleGauge,
  Database,
  FlaskConical,
  GitBranch,
  Home,
  Inbox,
  ListTree,
  type LucideIcon,
  Menu as MenuIcon,
  MessageSquareText,
  Milestone,
  Network,
  PenLine,
  Radio,
  Repeat,
  Rows3,
  Search,
  Settings,
  Siren,
  Split,
} from 'lucide-react';
import { Modal } from '@mantine/core';
import { useState } from 'react';
import { NAV_FOOT, NAV_ITEMS, NAVIGATION, type NavItem, pageHref } from './navigation.ts';
import { useShellData } from './shell-data.ts';
import { Wordmark } from './wordmark.tsx';

const ICONS: Readonly<Record<string, LucideIcon>> = {
  overview: Home,
  charter: PenLine,
  datasets: Database,
  features: Rows3,
  experiments: FlaskConical,
  traces: ListTree,
  pipelines: GitBranch,
  models: Boxes,
  prompts: MessageSquareText,
  releases: ArrowUpFromLine,
  endpoints: Radio,
  rollouts: Split,
  monitors: Activity,
  predictions: ChartNoAxesColumn,
  automation: Repeat,
  maturity: Milestone,
  lineage: Network,
  settings: Settings,
};

/** The navigation at the left, in the order of the loop; folded it shows icons. */
export function SideBar({ project, folded }: { project?: string; folded: boolean }) {
  return (
    <nav className="r-side" aria-label="Pages">
      <a className="r-side-home r-quiet" href="/" aria-label="Rondo, start page">
        <Wordmark folded={folded} />
      </a>
      <div className="r-side-groups">
        {NAVIGATION.map((group) => (
          <section key={group.items[0]?.page} aria-label={group.label}>
            {group.label ? <h2 className="r-side-group">{group.label}</h2> : null}
            <ul>
              {group.items.map((item) => (
                <SideItem key={item.page} item={item} project={project} />
              ))}
            </ul>
          </section>
        ))}
      </div>
      <ul className="r-side-foot">
        {NAV_FOOT.map((item) => (
          <SideItem key={item.page} item={item} project={project} />
        ))}
      </ul>
    </nav>
  );
}

function SideItem({ item, project }: { item: NavItem; project?: string }) {
  const { pathname } = useLocation();
  const { counts } = useShellData();
  const Icon = ICONS[item.page] ?? CircleGauge;
  const count = counts[item.page];
  if (!project)
    return (
      <li>
        <span className="r-side-item" aria-disabled="true" title="Open a project first.">
          <Icon className="r-icon" />
          <span>{item.label}</span>
        </span>
      </li>
    );
  const href = pageHref(project, item.page);
  const here = pathname === href || pathname.startsWith(`${href}/`);
  return (
    <li>
      <a
        className="r-side-item"
        href={href}
        aria-current={here ? 'page' : undefined}
        title={item.jump ? `${item.label} (g ${item.jump})` : item.label}
      >
        <Icon className="r-icon" />
        <span>{item.label}</span>
        {count ? <b className="r-count">{count}</b> : null}
      </a>
    </li>
  );
}

/** The bar at the foot of a phone: Overview, Inbox, Search, Alerts, More. */
export function BottomBar({ project, onSearch }: { project?: string; onSearch: () => void }) {
  const [more, setMore] = useState(false);
  const { pathname } = useLocation();
  const { inbox, counts } = useShellData();
  const to = (page: string) => (project ? pageHref(project, page) : '/');
  const links: readonly { label: string; href: string; Icon: LucideIcon; count?: number }[] = [
    { label: 'Overview', href: to('overview'), Icon: Home },
    { label: 'Inbox', href: '/inbox', Icon: Inbox, count: inbox },
  ];
  const link = (each: (typeof links)[number]) => (
    <a key={each.label} href={each.href} aria-current={pathname === each.href ? 'page' : undefined}>
      <each.Icon className="r-icon" />
      {each.label}
      {each.count ? <b className="r-count">{each.count}</b> : null}
    </a>
  );
  return (
    <nav className="r-bottom" aria-label="Main">
      {links.map(link)}
      <button type="button" onClick={onSearch}>
        <Search className="r-icon" />
        Search
      </button>
      {link({ label: 'Alerts', href: to('monitors'), Icon: Siren, count: counts['monitors'] })}
      <button type="button" onClick={() => setMore(true)}>
        <MenuIcon className="r-icon" />
        More
      </button>
      <Modal opened={more} onClose={() => setMore(false)} title="Pages" fullScreen>
        <ul className="r-more" onClick={() => setMore(false)}>
          {NAV_ITEMS.map((item) => (
            <SideItem key={item.page} item={item} project={project} />
          ))}
        </ul>
      </Modal>
    </nav>
  );
}
