import { useEffect } from 'react';

export interface KeyBinding {
  /** One key as the browser names it ("/", "t", "Y"), or two in a row ("g o"). */
  keys: string;
  label: string;
  run: () => void;
}

const pages = new Set<readonly KeyBinding[]>();

/** Keys of the open page; listed by `?` beside those of the frame. Keep `bindings` stable (useMemo). */
export function useKeys(bindings: readonly KeyBinding[]): void {
  useEffect(() => {
    pages.add(bindings);
    return () => {
      pages.delete(bindings);
    };
  }, [bindings]);
}

export const pageKeys = (): KeyBinding[] => [...pages].flat();
