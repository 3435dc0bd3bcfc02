import { type MantineColorScheme, Menu, Tooltip, useMantineColorScheme } from '@mantine/core';
import { useLocation, useRouter } from '@tanstack/react-router';
import { ChevronDown, CircleHelp, Clock as ClockIcon, Inbox, Search } from 'lucide-react';
import { identityContract } from '../domains/identity/contract.ts';
import { useMe } from '../ui/data.tsx';
import { Status, StatusGlyph } from '../ui/status.tsx';
import { useSurroundings } from '../ui/surroundings.tsx';
import { type Clock, formatAbsolute, formatClockTime } from '../ui/time.ts';
import { call } from './api.ts';
import { type LiveState, useLiveState } from './live.ts';
import { crumbsOf, pageHref } from './navigation.ts';
import { type Density, setPreferences, usePreferences } from './preferences.ts';
import { setToken } from './session.ts';
import { useShellData } from './shell-data.ts';

export interface TopBarProps {
  project?: string;
  clock: Clock;
  onClock: (clock: Clock) => void;
  onSearch: () => void;
  onHelp: () => void;
}

/** Where one is, how fresh it is, in which clock; search, inbox, help and the person's settings. */
export function TopBar({ project, clock, onClock, onSearch, onHelp }: TopBarProps) {
  const { inbox } = useShellData();
  return (
    <header className="r-top">
      <ProjectSwitch project={project} />
      <Crumbs />
      <span className="r-spring" />
      <LiveMark state={useLiveState()} />
      <ClockChip clock={clock} onClock={onClock} />
      <button type="button" className="r-top-search" onClick={onSearch}>
        <Search className="r-icon" />
        <span>Search or jump</span>
        <kbd className="r-kbd">Ctrl K</kbd>
      </button>
      <a
        className="r-iconbutton r-top-inbox"
        href="/inbox"
        aria-label={inbox ? `Inbox, ${inbox} need you` : 'Inbox'}
      >
        <Inbox className="r-icon" />
        {inbox ? <b className="r-count">{inbox}</b> : null}
      </a>
      <button
        type="button"
        className="r-iconbutton r-top-help"
        aria-label="Keys of this page"
        onClick={onHelp}
      >
        <CircleHelp className="r-icon" />
      </button>
      <UserMenu />
    </header>
  );
}

function ProjectSwitch({ project }: { project?: string }) {
  const { projects } = useShellData();
  const router = useRouter();
  if (!project) return null;
  if (projects.length < 2)
    return (
      <a className="r-top-project r-quiet" href={pageHref(project, 'overview')}>
        {project}
      </a>
    );
  return (
    <Menu position="bottom-start" width={320}>
      <Menu.Target>
        <button type="button" className="r-top-project r-plain">
          {project}
          <ChevronDown className="r-icon" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Projects</Menu.Label>
        {projects.map((each) => (
          <Menu.Item
            key={each.name}
            onClick={() => router.history.push(pageHref(each.name, 'overview'))}
            rightSection={each.word ? <Status word={each.word} still /> : null}
          >
            {each.name}
            {each.note ? <span className="r-small"> {each.note}</span> : null}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Crumbs() {
  const { pathname } = useLocation();
  const crumbs = crumbsOf(pathname);
  return (
    <nav className="r-crumbs" aria-label="Where you are">
      <ol>
        {crumbs.map((crumb, index) => (
          <li key={crumb.href}>
            {index === crumbs.length - 1 ? (
              <span aria-current="page">{crumb.label}</span>
            ) : (
              <a className="r-quiet" href={crumb.href}>
                {crumb.label}
              </a>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

function LiveMark({ state }: { state: LiveState }) {
  const { zone } = useSurroundings();
  if (state.kind === 'live')
    return (
      <span className="r-live" data-tone="accent">
        <i /> live
      </span>
    );
  return (
    <span className="r-live" data-tone="mute">
      <StatusGlyph shape={state.kind === 'catching-up' ? 'dotted' : 'clock'} size={12} />
      {state.kind === 'catching-up' ? 'catching up' : `as of ${formatClockTime(state.at, zone)}`}
    </span>
  );
}

function ClockChip({ clock, onClock }: { clock: Clock; onClock: (clock: Clock) => void }) {
  const { eventNow } = useShellData();
  const { zone } = useSurroundings();
  const day = eventNow === undefined ? '' : ` ${formatAbsolute(eventNow, zone).replace(/ \d\d:\d\d$/, '')}`;
  return (
    <Tooltip
      label={
        clock === 'event'
          ? 'Times are event time: when it happened. Press t for the wall clock.'
          : 'Times are wall clock: when we knew. Press t for event time.'
      }
    >
      <button type="button" className="r-clock" onClick={() => onClock(clock === 'event' ? 'wall' : 'event')}>
        <ClockIcon className="r-icon" />
        {clock === 'event' ? `event${day}` : 'wall clock'}
      </button>
    </Tooltip>
  );
}

function UserMenu() {
  const { user } = useShellData();
  const me = useMe();
  const router = useRouter();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { density, singleKeys, zone } = usePreferences();
  const check = <StatusGlyph shape="check" size={12} />;
  return (
    <Menu position="bottom-end" closeOnItemClick={false} width={220} checkIcon={check}>
      <Menu.Target>
        <button
          type="button"
          className="r-user"
          aria-label={user ? `${initials(user)}, settings of ${user}` : 'Your settings'}
        >
          {initials(user)}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {user ? <Menu.Label>{me?.role ? `${user}, ${me.role}` : user}</Menu.Label> : null}
        <Menu.Label>Scheme</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(next) => setColorScheme(next as MantineColorScheme)}>
          <Menu.RadioItem value="light">Light</Menu.RadioItem>
          <Menu.RadioItem value="dark">Dark</Menu.RadioItem>
          <Menu.RadioItem value="auto">As the system</Menu.RadioItem>
        </Menu.RadioGroup>
        <Menu.Label>Rows</Menu.Label>
        <Menu.RadioGroup value={density} onChange={(next) => setPreferences({ density: next as Density })}>
          <Menu.RadioItem value="normal">36 px</Menu.RadioItem>
          <Menu.RadioItem value="compact">28 px, compact</Menu.RadioItem>
        </Menu.RadioGroup>
        <Menu.Label>Times in</Menu.Label>
        <Menu.RadioGroup value={zone} onChange={(next) => setPreferences({ zone: next })}>
          <Menu.RadioItem value="browser">Zone of this machine</Menu.RadioItem>
          <Menu.RadioItem value="UTC">UTC</Menu.RadioItem>
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.CheckboxItem
          checked={singleKeys}
          onChange={(on) => setPreferences({ singleKeys: on })}
          value="single-keys"
        >
          Single keys
        </Menu.CheckboxItem>
        <Menu.Item
          onClick={() => {
            // The session ends on the server too; a token that is no session stays what it is.
            if (me?.session) void call(identityContract.signOut, {}).catch(() => {});
            setToken(undefined);
            router.history.push('/login');
          }}
        >
          {user ? 'Sign out' : 'Sign in'}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const initials = (name = '') =>
  name
    .split(/\s+/)
    .map((part) => part[0] ?? '')
    .join('')
    .slice(0, 2)
    .toUpperCase() || '\u00b7\u00b7';
