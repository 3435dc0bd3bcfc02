import { type ComponentType, useEffect, useState } from 'react';
import type { Fault as FaultObject } from '../lib/errors.ts';
import { Fault } from '../ui/fault.tsx';
import { LoadingBars } from '../ui/loading-bars.tsx';
import { PageFrame } from '../ui/page-frame.tsx';
import { useLiveState } from './live.ts';

/**
 * A page whose code comes when it is opened. The router asks for it ahead (`preload`). Code that does not come is a fault of this page
 * alone: the window stays, and it is asked for again once the server is back.
 */
export function lazyPage(title: string, load: () => Promise<ComponentType>) {
  let loaded: ComponentType | undefined;
  const ask = async () => {
    loaded ??= await load();
    return loaded;
  };

  function Page() {
    const [Ready, setReady] = useState<ComponentType | undefined>(() => loaded);
    const [missing, setMissing] = useState(false);
    const [attempt, setAttempt] = useState(0);
    const { kind } = useLiveState();
    useEffect(() => {
      let gone = false;
      ask().then(
        (found) => gone || setReady(() => found),
        () => gone || setMissing(true),
      );
      return () => {
        gone = true;
      };
    }, [attempt, kind]);
    if (Ready) return <Ready />;
    return (
      <PageFrame title={title}>
        {missing ? (
          <Fault fault={codeMissing(title, kind === 'as-of')} onRetry={() => setAttempt(attempt + 1)} />
        ) : (
          <LoadingBars rows={6} height={28} awaiting="Still waiting for the code of this page." />
        )}
      </PageFrame>
    );
  }

  const preload = async (): Promise<void> => {
    await ask().catch(() => undefined);
  };
  return Object.assign(Page, { preload });
}

const codeMissing = (title: string, away: boolean): FaultObject => ({
  code: 'PAGE_NOT_LOADED',
  message: `The page "${title}" was not loaded: ${away ? 'the server does not answer' : 'the server does not have its code'}.`,
  hint: away
    ? 'It loads by itself once the server is back. What you saw before is one step back.'
    : 'Try again. If it stays so, the server has another version of Rondo: load the page anew in the browser.',
});
