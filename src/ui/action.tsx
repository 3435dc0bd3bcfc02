import type { ReactNode } from 'react';
import { Tooltip } from '@mantine/core';

export interface ActionProps {
  children: ReactNode;
  onClick?: () => void;
  href?: string;
  /** primary: at most one a page. decide: only where it answers a "needs you". harmful: deletes, stops, revokes. */
  kind?: 'primary' | 'plain' | 'harmful' | 'decide';
  icon?: ReactNode;
  /** Disables the action and says why, for example "Needs operator. You are editor." */
  because?: string;
  submit?: boolean;
}

/** A button or a link that looks like one: verb and object, never "OK". */
export function Action({ children, onClick, href, kind = 'plain', icon, because, submit }: ActionProps) {
  const inside = (
    <>
      {icon}
      {children}
    </>
  );
  if (because)
    return (
      <Tooltip label={because}>
        <button type="button" className="r-action" data-kind={kind} aria-disabled="true">
          {inside}
          <span className="r-sr">{because}</span>
        </button>
      </Tooltip>
    );
  if (href)
    return (
      <a className="r-action" data-kind={kind} href={href}>
        {inside}
      </a>
    );
  return (
    <button type={submit ? 'submit' : 'button'} className="r-action" data-kind={kind} onClick={onClick}>
      {inside}
    </button>
  );
}
