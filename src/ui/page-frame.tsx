import type { ReactNode } from 'react';
import { Lead } from './lead.tsx';
import type { LeadPart } from './lead-parts.ts';
import { ProofHost } from './proof-host.tsx';

export interface PageTab {
  id: string;
  label: string;
  href: string;
  /** Shown only where something in the tab needs a person or is broken. */
  count?: number;
}

export interface PageFrameProps {
  title: ReactNode;
  /** Beside the title: a `Status`, a version. */
  mark?: ReactNode;
  lead?: readonly LeadPart[];
  actions?: ReactNode;
  tabs?: readonly PageTab[];
  tab?: string;
  /** Over the title: as of, offline. */
  banner?: ReactNode;
  /** Tables and graphs use all width; reading pages stop at 1440 px. */
  wide?: boolean;
  children?: ReactNode;
}

/** The frame of every page: title, lead, actions, tabs, content. */
export function PageFrame({ title, mark, lead, actions, tabs, tab, banner, wide, children }: PageFrameProps) {
  return (
    <article className="r-page" data-wide={wide || undefined}>
      {banner}
      <header className="r-page-head">
        <div className="r-page-title">
          <h1>{title}</h1>
          {mark}
        </div>
        {actions ? <div className="r-page-actions">{actions}</div> : null}
        {lead ? <Lead parts={lead} /> : null}
      </header>
      {tabs ? (
        <nav className="r-tabs" aria-label="Parts of this page">
          {tabs.map((each) => (
            <a key={each.id} href={each.href} aria-current={each.id === tab ? 'page' : undefined} data-tab>
              {each.label}
              {each.count ? <span className="r-count">{each.count}</span> : null}
            </a>
          ))}
        </nav>
      ) : null}
      <div className="r-page-content">{children}</div>
      <ProofHost />
    </article>
  );
}
