import { useEffect, useEffectEvent } from 'react';
import { type KeyBinding, pageKeys } from '../ui/page-keys.ts';
import { NAV_ITEMS } from './navigation.ts';

/** Time in ms in which the second key of a pair must follow. */
const PAIR_MS = 1200;

/** A matcher for single keys and pairs. Give it each key; it returns the binding that is now complete. */
export function keyMatcher(
  now: () => number = Date.now,
): (key: string, bindings: readonly KeyBinding[]) => KeyBinding | undefined {
  let first: { key: string; at: number } | undefined;
  return (key, bindings) => {
    const pair = first && now() - first.at < PAIR_MS ? `${first.key} ${key}` : undefined;
    first = undefined;
    const found =
      bindings.findLast((binding) => binding.keys === pair) ??
      (pair ? undefined : bindings.findLast((binding) => binding.keys === key));
    if (!found && !pair && bindings.some((binding) => binding.keys.startsWith(`${key} `)))
      first = { key, at: now() };
    return found;
  };
}

/** Jumps of the navigation after `g`. */
export const jumpBindings = (go: (page: string) => void, inbox: () => void): KeyBinding[] => [
  ...NAV_ITEMS.flatMap((item) =>
    item.jump ? [{ keys: `g ${item.jump}`, label: item.label, run: () => go(item.page) }] : [],
  ),
  { keys: 'g i', label: 'Inbox', run: inbox },
];

/** Whether single keys must rest: the person is typing, or a dialog is open. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest('[role="dialog"], [role="menu"]')) return true;
  return target.matches('input:not([type="checkbox"], [type="radio"], [type="button"]), textarea, select');
}

/** Listens on the page. `Ctrl K` works everywhere; single keys only while nobody types and when they are switched on. */
export function useGlobalKeys(
  bindings: readonly KeyBinding[],
  openPalette: () => void,
  singleKeys: boolean,
): void {
  const onKeyDown = useEffectEvent(
    (event: globalThis.KeyboardEvent, match: ReturnType<typeof keyMatcher>) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (!singleKeys || isTyping(event.target)) return;
      const found = match(event.key, [...bindings, ...pageKeys()]);
      if (!found) return;
      event.preventDefault();
      found.run();
    },
  );
  useEffect(() => {
    const match = keyMatcher();
    const listen = (event: globalThis.KeyboardEvent) => onKeyDown(event, match);
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}
