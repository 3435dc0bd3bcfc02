import { createRootRoute, createRoute, createRouter, Outlet, redirect } from '@tanstack/react-router';
import { Fault } from '../ui/fault.tsx';
import { PageFrame } from '../ui/page-frame.tsx';
import type { Clock } from '../ui/time.ts';
import { pageOf } from '../ui/place.ts';
import { DEFAULT_PROJECT } from '../domains/projects/schema.ts';
import { projectsContract } from '../domains/projects/contract.ts';
import { call, toFault } from './api.ts';
import { Login } from './login.tsx';
import { lazyPage } from './lazy-page.tsx';
import { pageOfMlflow } from './mlflow-links.ts';
import { NotFound } from './not-found.tsx';
import { FrameData } from './frame-data.tsx';
import { getPreferences } from './preferences.ts';
import { PAGES } from './routes.tsx';
import { parseSearch } from './search.ts';
import { Shell } from './shell.tsx';

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    title?: string;
    clock?: Clock;
  }
}

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });
const framed = createRoute({
  getParentRoute: () => root,
  id: 'framed',
  component: Framed,
  notFoundComponent: NotFound,
});
const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  component: Login,
  staticData: { title: 'Sign in' },
});

const start = createRoute({
  getParentRoute: () => framed,
  path: '/',
  beforeLoad: async ({ location }) => {
    throw redirect({ href: pageOfMlflow(location.hash) ?? pageOf(await startProject(), 'overview') });
  },
});

const project = createRoute({
  getParentRoute: () => framed,
  path: '/p/$project',
  beforeLoad: ({ params }) => {
    throw redirect({ href: pageOf(params.project, 'overview') });
  },
});

const pages = PAGES.map((page) =>
  createRoute({
    getParentRoute: () => framed,
    path: page.path,
    component: lazyPage(page.title, page.load),
    validateSearch: page.search ? parseSearch(page.search) : (raw: Record<string, unknown>) => raw,
    staticData: { title: page.title, clock: page.clock ?? 'wall' },
  }),
);

/** Any address no page has: shown inside the frame. */
const rest = createRoute({
  getParentRoute: () => framed,
  path: '$',
  component: NotFound,
  staticData: { title: 'Not found' },
});

export const router = createRouter({
  routeTree: root.addChildren([login, framed.addChildren([start, project, ...pages, rest])]),
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: ({ error, reset }) => (
    <PageFrame title="This page could not be shown">
      <Fault fault={toFault(error)} onRetry={reset} />
    </PageFrame>
  ),
});

function Framed() {
  return (
    <FrameData>
      <Shell />
    </FrameData>
  );
}

/** The project opened last while it still exists, else the first that somebody made, else the one every server has. */
async function startProject(): Promise<string> {
  const answer = await call(projectsContract.listProjects, {}).catch(() => undefined);
  const names = (answer?.projects ?? []).map((each) => each.name);
  const { project } = getPreferences();
  if (project !== undefined && (!answer || names.includes(project))) return project;
  return names.find((name) => name !== DEFAULT_PROJECT) ?? DEFAULT_PROJECT;
}
