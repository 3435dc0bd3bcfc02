import { usePlace } from '../../../ui/place.ts';
import { NeedsYou, Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import type { Approval } from '../schema.ts';
import { needText } from './inbox-words.ts';

/** One request in the list: what is asked, where, by whom, what is missing. */
export function RequestLine({ approval, current }: { approval: Approval; current: boolean }) {
  const { hrefWith } = usePlace();
  return (
    <li className="r-request" data-current={current || undefined}>
      {approval.state === 'open' ? <NeedsYou /> : <Status word="Running" />}
      <span className="r-request-what">
        <a className="r-quiet" href={hrefWith({ id: approval.id })} aria-current={current || undefined}>
          {approval.title}
        </a>
        <span className="r-small">
          {approval.state === 'open' ? needText(approval) : 'gates are checked'}
          {approval.expires_at === null ? null : (
            <>
              , ends <When at={approval.expires_at} clock="wall" />
            </>
          )}
        </span>
      </span>
      <span className="r-request-where">
        {approval.project}
        <span className="r-small">
          asked by {approval.requested_by}, <When at={approval.created_at} clock="wall" />
        </span>
      </span>
    </li>
  );
}
