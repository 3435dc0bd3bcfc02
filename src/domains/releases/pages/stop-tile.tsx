import { pageOf, usePlace } from '../../../ui/place.ts';
import { NeedsYou, Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import type { Promotion } from '../schema.ts';
import { GatesCount } from './gates-count.tsx';
import { STATE_TEXTS, STATE_WORDS, type Stop } from './release-words.ts';

/** One environment: who answers in it, and the newest promotion into it. */
export function StopTile({ project, stop }: { project: string; stop: Stop }) {
  const { environment, endpoints, newest } = stop;
  return (
    <li className="r-stop">
      <h3 className="r-label">
        {environment.name} <span className="r-small">{environment.protected ? 'by promotion' : 'open'}</span>
      </h3>
      {endpoints.length === 0 ? <p className="r-stop-version r-missing">nothing live</p> : null}
      {endpoints.map((endpoint) => (
        <div key={endpoint.name}>
          <p className="r-stop-version">
            <a className="r-quiet" href={pageOf(project, 'endpoints', endpoint.name)}>
              v{endpoint.champion.version}
            </a>
          </p>
          <p className="r-small">
            {endpoint.champion.model} at {endpoint.name}
            {endpoint.candidate ? `, v${endpoint.candidate.version} is tried beside it` : ''}
          </p>
        </div>
      ))}
      {newest ? (
        <Newest project={project} promotion={newest} />
      ) : (
        <p className="r-small">No promotion came here yet.</p>
      )}
    </li>
  );
}

function Newest({ project, promotion }: { project: string; promotion: Promotion }) {
  const { hrefWith } = usePlace();
  const waits = promotion.state === 'waiting';
  return (
    <div className="r-stop-newest">
      <span className="r-row">
        {waits ? (
          <NeedsYou href={promotion.approval === null ? '/inbox' : `/inbox?id=${promotion.approval}`} />
        ) : (
          <Status word={STATE_WORDS[promotion.state]} glyphOnly still />
        )}
        <a className="r-quiet" href={hrefWith({ id: promotion.id })}>
          v{promotion.version} {STATE_TEXTS[promotion.state]}
        </a>
      </span>
      <span className="r-small">
        <GatesCount promotion={promotion} />
        {promotion.rollout === null ? null : (
          <>
            {promotion.gates.length > 0 ? ', ' : null}
            <a href={pageOf(project, 'rollouts', promotion.rollout)}>rollout {promotion.rollout}</a>
          </>
        )}
      </span>
      <span className="r-small">
        asked <When at={promotion.created_at} clock="wall" />
      </span>
    </div>
  );
}
