import { useEffect, useState } from 'react';
import { Banner } from '../ui/panel.tsx';
import { useSurroundings } from '../ui/surroundings.tsx';
import { formatClockTime } from '../ui/time.ts';
import { reconnect, useLiveState } from './live.ts';

const PATIENCE_MS = 5000;

/** After five seconds without a connection: since when, whose data one sees, and when it is tried again. */
export function OfflineBanner() {
  const live = useLiveState();
  const { zone } = useSurroundings();
  const [now, setNow] = useState(() => Date.now());
  const lost = live.kind === 'as-of';
  useEffect(() => {
    if (!lost) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [lost]);
  if (!lost || now - live.at < PATIENCE_MS) return null;
  const seconds = Math.max(0, Math.ceil((live.next - now) / 1000));
  return (
    <div className="r-frame-banner">
      <Banner kind="offline" action={{ label: 'Try now', onClick: reconnect }}>
        No connection since {formatClockTime(live.at, zone)}. You see data of that time; nothing can be
        changed. {seconds > 0 ? `Next try in ${seconds} s.` : 'Trying again.'}
      </Banner>
    </div>
  );
}
