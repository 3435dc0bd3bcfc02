import type { Fault as FaultObject } from '../lib/errors.ts';
import { Action } from './action.tsx';
import { CopyAs } from './copy-as.tsx';
import { StatusGlyph } from './status.tsx';

export interface FaultProps {
  fault: FaultObject;
  onRetry?: () => void;
}

/** A failure in four lines: what did not happen and why, what to do, code and request id. */
export function Fault({ fault, onRetry }: FaultProps) {
  return (
    <div className="r-fault" role="alert">
      <StatusGlyph shape="cross" />
      <div>
        <p className="r-fault-what">{fault.message}</p>
        {fault.hint ? <p>{withCode(fault.hint)}</p> : null}
        <p className="r-code r-fault-code">
          {fault.code}
          {fault.request_id ? ` ${fault.request_id}` : null}
        </p>
        <div className="r-row">
          {onRetry ? <Action onClick={onRetry}>Try again</Action> : null}
          <CopyAs
            label="Copy details"
            formats={[{ label: 'details', text: JSON.stringify(fault, null, 2) }]}
          />
        </div>
      </div>
    </div>
  );
}

/** Text whose parts between backticks are code. */
const withCode = (text: string) =>
  text.split('`').map((part, index) =>
    index % 2 === 1 ? (
      <code key={index} className="r-code">
        {part}
      </code>
    ) : (
      part
    ),
  );
