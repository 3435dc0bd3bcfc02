import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { X } from 'lucide-react';

export interface Toast {
  id: number;
  text: string;
  /** Undo of a reversible act; `u` runs the newest one. Such a toast stays 10 s, others 6 s. */
  undo?: () => void;
}

let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();

function set(list: readonly Toast[]) {
  toasts = list;
  for (const listener of listeners) listener();
}

/** Says something once, at the bottom left. Never for form errors and never the only record of an act. */
export function toast(text: string, undo?: () => void): void {
  set([...toasts, { id: next++, text, undo }].slice(-3));
}

/** Runs and removes the newest undo that is still shown; false when there is none. */
export function undoLast(): boolean {
  const last = toasts.findLast((each) => each.undo);
  if (!last) return false;
  dismiss(last.id);
  last.undo?.();
  return true;
}

/** The place where toasts appear; the frame renders it once. */
export function Toasts() {
  const list = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <section className="r-toasts" aria-label="Messages" aria-live="polite">
      {list.map((each) => (
        <ToastLine key={each.id} toast={each} />
      ))}
    </section>
  );
}

const dismiss = (id: number) => set(toasts.filter((each) => each.id !== id));

function ToastLine({ toast: { id, text, undo } }: { toast: Toast }) {
  const [held, setHeld] = useState(false);
  const close = useCallback(() => dismiss(id), [id]);
  const left = useRef(undo ? 10_000 : 6000);
  useEffect(() => {
    if (held) return;
    const start = Date.now();
    const timer = setTimeout(close, left.current);
    return () => {
      left.current = Math.max(1000, left.current - (Date.now() - start));
      clearTimeout(timer);
    };
  }, [held, close]);
  return (
    <div
      className="r-toast"
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>{text}</span>
      {undo ? (
        <button
          type="button"
          className="r-link"
          onClick={() => {
            close();
            undo();
          }}
        >
          Undo <kbd className="r-kbd">u</kbd>
        </button>
      ) : null}
      <button type="button" className="r-iconbutton" aria-label="Close message" onClick={close}>
        <X className="r-icon" />
      </button>
    </div>
  );
}
