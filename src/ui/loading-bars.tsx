import { useEffect, useState } from 'react';

export interface LoadingBarsProps {
  /** As many bars as the real content has lines. */
  rows?: number;
  height?: number;
  /** Said after 3 s: what is awaited, "48,210 rows so far". */
  awaiting?: string;
  onCancel?: () => void;
}

/** Still bars in the place of content: nothing for 150 ms, after 3 s what is awaited. */
export function LoadingBars({ rows = 5, height = 12, awaiting, onCancel }: LoadingBarsProps) {
  const shown = useDelay(150);
  const slow = useDelay(3000);
  if (!shown) return <div className="r-loading" style={{ minHeight: rows * (height + 12) }} />;
  return (
    <div className="r-loading" role="status" aria-label={awaiting ?? 'Loading'}>
      {Array.from({ length: rows }, (_, index) => (
        <i key={index} style={{ height, width: `${WIDTHS[index % WIDTHS.length]}%` }} />
      ))}
      {slow && awaiting ? (
        <p className="r-small">
          {awaiting}{' '}
          {onCancel ? (
            <button type="button" className="r-link" onClick={onCancel}>
              Cancel
            </button>
          ) : null}
        </p>
      ) : null}
    </div>
  );
}

const WIDTHS = [92, 78, 85, 64, 88, 71];

function useDelay(ms: number): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setOver(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return over;
}
