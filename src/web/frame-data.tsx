import { useLocation } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import { approvalsContract } from '../domains/approvals/contract.ts';
import { identityContract } from '../domains/identity/contract.ts';
import { monitoringContract } from '../domains/monitoring/contract.ts';
import { projectsContract } from '../domains/projects/contract.ts';
import { servingContract } from '../domains/serving/contract.ts';
import { DataProvider, useEndpoint } from '../ui/data.tsx';
import { pageOf } from '../ui/place.ts';
import type { PaletteEntry } from '../ui/palette-entries.ts';
import { call } from './api.ts';
import { useLiveState } from './live.ts';
import { projectOf } from './navigation.ts';
import { usePreferences } from './preferences.ts';
import { ShellContext, type ShellData } from './shell-data.ts';

const clock = Date.now;
const DAY = 86_400_000;

/** Gives the frame and every page their data: who asks, the projects, what needs somebody, what is live. */
export function FrameData({ children }: { children: ReactNode }) {
  return (
    <DataProvider value={useMemo(() => ({ call, me: undefined, workspace: '' }), [])}>
      <WithMe>{children}</WithMe>
    </DataProvider>
  );
}

function WithMe({ children }: { children: ReactNode }) {
  const live = useLiveState();
  const offline = live.kind === 'as-of' ? 'No connection to the server.' : undefined;
  const workspace = projectOf(useLocation().pathname) ?? '';
  const here = workspace === '' ? {} : { query: { project: workspace } };
  const { data: me } = useEndpoint(identityContract.whoAmI, here);
  const access = useMemo(() => ({ call, me, workspace, offline }), [me, workspace, offline]);
  return (
    <DataProvider value={access}>
      <ShellContext value={useShell(me && me.kind !== 'anonymous' ? me.display_name : undefined)}>
        {children}
      </ShellContext>
    </DataProvider>
  );
}

function useShell(user: string | undefined): ShellData {
  const { pathname } = useLocation();
  const preferences = usePreferences();
  const project = projectOf(pathname) ?? preferences.project;
  const inProject = project === undefined ? undefined : { params: { project } };
  const projects = useEndpoint(projectsContract.listProjects, {}).data?.projects;
  const open = useEndpoint(approvalsContract.listApprovals, { query: { state: 'open' } }).data?.approvals;
  const alerts = useEndpoint(monitoringContract.listAlerts, inProject).data?.alerts;
  const monitors = useEndpoint(monitoringContract.listMonitors, inProject).data?.monitors;
  const endpoints = useEndpoint(servingContract.listEndpoints, inProject).data?.endpoints;
  return useMemo(() => {
    const firing = (alerts ?? []).filter((alert) => alert.state === 'firing');
    const times = (endpoints ?? []).flatMap((each) => each.event_time ?? []);
    const newest = times.length > 0 ? Math.max(...times) : undefined;
    const object = (page: string, name: string, kind: string): PaletteEntry => ({
      id: `${page}/${name}`,
      kind: 'object',
      label: name,
      note: kind,
      href: pageOf(project ?? '', page, name),
    });
    const now = clock();
    return {
      projects: (projects ?? []).map((each) => ({ name: each.name, note: each.charter?.question })),
      counts: {
        monitors: firing.length,
        releases: (open ?? []).filter((each) => each.project === project).length,
      },
      inbox: open?.length ?? 0,
      user,
      eventNow: newest !== undefined && Math.abs(newest - now) > DAY ? newest : undefined,
      objects: [
        ...(endpoints ?? []).map((each) => object('endpoints', each.name, `endpoint, ${each.environment}`)),
        ...(monitors ?? []).map((each) => object('monitors', each.name, `monitor, ${each.state}`)),
      ],
    };
  }, [alerts, endpoints, monitors, open, project, projects, user]);
}
