import '@fontsource-variable/ibm-plex-sans/wght.css';
import '@fontsource-variable/source-serif-4/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import '@mantine/core/styles.css';
import '../ui/kit.css';
import './web.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { cssVariablesResolver, theme } from '../ui/theme.ts';
import { queryClient, whenSignedOut } from './api.ts';
import { routeLinks } from './links.ts';
import { applyDensity } from './preferences.ts';
import { router } from './router.tsx';
import { onToken, setToken, takeToken } from './session.ts';

takeToken();
applyDensity();
routeLinks(router);
// What one person was shown is not for the next one in the same tab.
onToken(() => queryClient.clear());
whenSignedOut(() => {
  const { pathname, searchStr } = router.state.location;
  if (pathname === '/login') return;
  setToken(undefined);
  router.history.push(`/login?next=${encodeURIComponent(pathname + searchStr)}`);
});

const place = document.getElementById('root');
if (place)
  createRoot(place).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto">
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
