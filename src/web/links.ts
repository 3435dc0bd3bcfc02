interface RouterLike {
  history: { push: (href: string) => void };
  preloadRoute: (options: { to: string }) => Promise<unknown>;
}

/**
 * Lets plain `<a href="/...">` of the kit move within the page: a left click without modifiers goes to the router,
 * everything else (new tab, download, other origin) stays the browser's.
 */
export function routeLinks(router: RouterLike): void {
  document.addEventListener('click', (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.ctrlKey ||
      event.metaKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = ownLink(event.target);
    if (!link) return;
    event.preventDefault();
    router.history.push(link.pathname + link.search + link.hash);
  });
  document.addEventListener('pointerover', (event) => {
    const link = ownLink(event.target);
    if (link) void router.preloadRoute({ to: link.pathname }).catch(() => undefined);
  });
}

function ownLink(target: EventTarget | null): HTMLAnchorElement | undefined {
  const link = target instanceof Element ? target.closest('a') : null;
  if (!link?.getAttribute('href')?.startsWith('/') || link.origin !== location.origin) return undefined;
  if (link.target || link.hasAttribute('download') || link.pathname.startsWith('/api/')) return undefined;
  return link;
}
