import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';

export interface ChainLink {
  id: string;
  kind: string;
  name: ReactNode;
  fact?: string;
  href?: string;
  /** Nothing is recorded here: said in words instead of left out. */
  gap?: string;
}

/** A thing and what it came from, step by step, read from left to right; gaps are part of it. */
export function Chain({ label, links }: { label: string; links: readonly ChainLink[] }) {
  return (
    <ol className="r-chain" aria-label={label}>
      {links.map((link, index) => (
        <li key={link.id} data-gap={link.gap ? true : undefined}>
          {index > 0 ? <ChevronRight className="r-icon" aria-hidden /> : null}
          <span className="r-chain-body">
            <span className="r-small">{link.kind}</span>
            <span className="r-chain-name">
              {link.href ? (
                <a className="r-quiet" href={link.href}>
                  {link.name}
                </a>
              ) : (
                link.name
              )}
            </span>
            {link.gap || link.fact ? <span className="r-small">{link.gap ?? link.fact}</span> : null}
          </span>
        </li>
      ))}
    </ol>
  );
}
