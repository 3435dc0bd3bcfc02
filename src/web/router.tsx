import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { Fault } from '../ui/fault.tsx';
import { PageFrame } from '../ui/page-frame.tsx';
import type { Clock } from '../ui/time.ts';
import { toFault } from './api.ts';
import { Login } from './login.tsx';
import { NotFound } from './not-found.tsx';
import { getPreferences } from './preferences.ts';
import { PAGES } from './routes.tsx';
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
  component: Shell,
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
  beforeLoad: () => {
    const { project } = getPreferences();
    throw redirect({ href: project ? `/p/${encodeURIComponent(project)}/overview` : '/inbox' });
  },
});

const project = createRoute({
  getParentRoute: () => framed,
  path: '/p/$project',
  beforeLoad: ({ params }) => {
    throw redirect({ href: `/p/${encodeURIComponent(params.project)}/overview` });
  },
});

const pages = PAGES.map((page) =>
  createRoute({
    getParentRoute: () => framed,
    path: page.path,
    component: lazyRouteComponent(async () => ({ default: await page.load() })),
    validateSearch: page.search ?? ((raw: Record<string, unknown>) => raw),
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
