import { useMantineColorScheme } from '@mantine/core';
import { Outlet, useLocation, useMatches, useRouter } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { SurroundingsProvider } from '../ui/surroundings.tsx';
import type { Clock } from '../ui/time.ts';
import { toast, Toasts, undoLast } from '../ui/toasts.tsx';
import { copyText } from '../ui/copy.ts';
import { KeyHelp } from './key-help.tsx';
import type { KeyBinding } from '../ui/page-keys.ts';
import { jumpBindings, useGlobalKeys } from './keys.ts';
import { start as startLive } from './live.ts';
import { NAV_ITEMS, pageHref, projectOf } from './navigation.ts';
import { OfflineBanner } from './offline-banner.tsx';
import { Palette } from './palette.tsx';
import type { PaletteEntry } from '../ui/palette-entries.ts';
import { useOffered } from '../ui/palette-entries.ts';
import { getPreferences, setPreferences, usePreferences, zoneOf } from './preferences.ts';
import { useShellData } from './shell-data.ts';
import { BottomBar, SideBar } from './side-bar.tsx';
import { TopBar } from './top-bar.tsx';

/** The frame: navigation, top bar, palette, keys, toasts; the page stands in its middle. */
export function Shell() {
  const { pathname } = useLocation();
  const preferences = usePreferences();
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const project = projectOf(pathname) ?? preferences.project;
  const [clock, setClock] = useClock();
  const surroundings = useMemo(
    () => ({ zone: zoneOf(preferences), singleKeys: preferences.singleKeys, clock, setClock }),
    [preferences, clock, setClock],
  );
  const openPalette = useCallback(() => setPalette(true), []);
  const bindings = useFrameKeys(project, { openPalette, openHelp: () => setHelp(true), clock, setClock });
  useGlobalKeys(bindings, openPalette, preferences.singleKeys);
  useTitle();
  useEffect(startLive, []);
  useEffect(() => {
    const here = projectOf(pathname);
    if (here && here !== getPreferences().project) setPreferences({ project: here });
  }, [pathname]);
  return (
    <SurroundingsProvider value={surroundings}>
      <a className="r-skip" href="#content">
        To the content
      </a>
      <div className="r-shell" data-folded={preferences.folded || undefined}>
        <SideBar project={project} folded={preferences.folded} />
        <div className="r-shell-main">
          <TopBar
            project={project}
            clock={clock}
            onClock={setClock}
            onSearch={openPalette}
            onHelp={() => setHelp(true)}
          />
          <OfflineBanner />
          <main id="content" tabIndex={-1}>
            <Outlet />
          </main>
        </div>
        <BottomBar project={project} onSearch={openPalette} />
      </div>
      <Palette
        opened={palette}
        onClose={() => setPalette(false)}
        entries={usePaletteList(project, bindings)}
      />
      <KeyHelp opened={help} onClose={() => setHelp(false)} bindings={bindings} />
      <Toasts />
    </SurroundingsProvider>
  );
}

/** The clock of the page: `clock` of the address, else what the page starts in. */
function useClock(): [Clock, (clock: Clock) => void] {
  const router = useRouter();
  const { search } = useLocation();
  const first = useMatches().at(-1)?.staticData.clock ?? 'wall';
  const given = (search as Record<string, unknown>)['clock'];
  const set = useCallback(
    (clock: Clock) => {
      const url = new URL(location.href);
      url.searchParams.set('clock', clock);
      router.history.replace(url.pathname + url.search + url.hash);
    },
    [router],
  );
  return [given === 'event' || given === 'wall' ? given : first, set];
}

interface FrameKeyOptions {
  openPalette: () => void;
  openHelp: () => void;
  clock: Clock;
  setClock: (clock: Clock) => void;
}

function useFrameKeys(project: string | undefined, options: FrameKeyOptions): KeyBinding[] {
  const router = useRouter();
  const go = (page: string) => project && router.history.push(pageHref(project, page));
  return [
    {
      keys: '/',
      label: 'Filter, or search where there is none',
      run: () => focusFilter() || options.openPalette(),
    },
    { keys: '?', label: 'Keys of this page', run: options.openHelp },
    { keys: 'j', label: 'Next row', run: () => focusGrid('j') },
    { keys: 'k', label: 'Previous row', run: () => focusGrid('k') },
    {
      keys: 't',
      label: 'Other clock',
      run: () => options.setClock(options.clock === 'event' ? 'wall' : 'event'),
    },
    { keys: 'y', label: 'Copy link', run: () => copyLink(false) },
    { keys: 'Y', label: 'Copy link, frozen at this moment', run: () => copyLink(true) },
    { keys: 'u', label: 'Undo', run: () => void (undoLast() || toast('Nothing to undo.')) },
    {
      keys: '\\',
      label: 'Fold the navigation',
      run: () => setPreferences({ folded: !getPreferences().folded }),
    },
    ...Array.from({ length: 9 }, (_, index) => ({
      keys: String(index + 1),
      label: `Tab ${index + 1}`,
      run: () => openTab(index),
    })),
    ...jumpBindings(go, () => router.history.push('/inbox')),
  ];
}

function usePaletteList(project: string | undefined, bindings: readonly KeyBinding[]): PaletteEntry[] {
  const offered = useOffered();
  const { objects, projects } = useShellData();
  const { setColorScheme } = useMantineColorScheme();
  const keys = new Map(bindings.map((binding) => [binding.label, binding.keys]));
  const pages = project
    ? NAV_ITEMS.map(
        (item): PaletteEntry => ({
          id: item.page,
          kind: 'page',
          label: item.label,
          note: project,
          href: pageHref(project, item.page),
          keys: keys.get(item.label),
        }),
      )
    : [];
  return [
    ...offered.flat(),
    ...objects,
    ...pages,
    { id: 'inbox', kind: 'page', label: 'Inbox', note: 'all projects', href: '/inbox', keys: 'g i' },
    ...projects.map(
      (each): PaletteEntry => ({
        id: each.name,
        kind: 'page',
        label: each.name,
        note: 'project',
        href: pageHref(each.name, 'overview'),
      }),
    ),
    ...(['light', 'dark', 'auto'] as const).map(
      (scheme): PaletteEntry => ({
        id: `scheme-${scheme}`,
        kind: 'setting',
        label: `Scheme: ${scheme}`,
        note: 'setting',
        run: () => setColorScheme(scheme),
      }),
    ),
    {
      id: 'density',
      kind: 'setting',
      label: 'Density: switch',
      note: 'setting',
      run: () => setPreferences({ density: getPreferences().density === 'compact' ? 'normal' : 'compact' }),
    },
    ...bindings
      .filter((binding) => binding.keys.length === 1 && /[yY?u\\]/.test(binding.keys))
      .map(
        (binding): PaletteEntry => ({
          id: binding.keys,
          kind: 'action',
          label: binding.label,
          note: 'action',
          keys: binding.keys,
          run: binding.run,
        }),
      ),
  ];
}

function useTitle() {
  const matches = useMatches();
  const title = matches.at(-1)?.staticData.title;
  const { pathname } = useLocation();
  const project = projectOf(pathname);
  useEffect(() => {
    document.title = [title, project, 'Rondo'].filter(Boolean).join(', ');
  }, [title, project]);
}

function focusFilter(): boolean {
  const filter = document.querySelector<HTMLInputElement>('[data-filter]');
  filter?.focus();
  return filter !== null;
}

function focusGrid(key: string) {
  const grid = document.querySelector<HTMLElement>('main [role="grid"]');
  if (!grid) return;
  if (document.activeElement !== grid) grid.focus();
  else grid.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
}

function openTab(index: number) {
  document.querySelectorAll<HTMLAnchorElement>('main a[data-tab]')[index]?.click();
}

function copyLink(frozen: boolean) {
  const url = new URL(location.href);
  if (frozen) url.searchParams.set('asOf', new Date().toISOString());
  void copyText(url.href).then((done) =>
    toast(done ? (frozen ? 'Link to this moment copied.' : 'Link copied.') : 'The browser refused to copy.'),
  );
}
