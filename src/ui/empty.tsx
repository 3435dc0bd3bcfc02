import type { ReactNode } from 'react';
import { CopyAs } from './copy-as.tsx';

export interface EmptyProps {
  /** What will be here and why, as a sentence. */
  children: ReactNode;
  /** The command that fills it, with this server's address and project in it. */
  command?: string;
  actions?: ReactNode;
}

/** Nothing yet: a sentence, and the command that changes that. */
export function Empty({ children, command, actions }: EmptyProps) {
  return (
    <div className="r-empty">
      <p className="r-serif">{children}</p>
      {command ? (
        <div className="r-command">
          <code className="r-code" tabIndex={0}>
            {command}
          </code>
          <CopyAs label="Copy" formats={[{ label: 'command', text: command }]} />
        </div>
      ) : null}
      {actions ? <div className="r-row">{actions}</div> : null}
    </div>
  );
}
