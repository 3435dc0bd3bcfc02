import { Name } from '../../projects/schema.ts';
import { useEndpoint } from '../../../ui/data.tsx';
import { pageOf } from '../../../ui/place.ts';
import { NeedsYou, Status } from '../../../ui/status.tsx';
import { When } from '../../../ui/when.tsx';
import { releasesContract } from '../contract.ts';
import { gatesText, STATE_TEXTS, STATE_WORDS } from '../pages/release-words.ts';

/** How far a version came: each promotion that was asked for, its gates and whether a person said yes. */
export function VersionPromotions({
  project,
  model,
  version,
}: {
  project: string;
  model: string;
  version: number;
}) {
  // A name that no environment could hold was never promoted.
  const answer = useEndpoint(
    releasesContract.listPromotions,
    Name.safeParse(model).success ? { params: { project }, query: { model, version } } : undefined,
  );
  const promotions = answer.data?.promotions ?? [];
  if (promotions.length === 0)
    return (
      <p className="r-small">
        {answer.fault ? answer.fault.message : 'Nobody has asked to promote this version.'}
      </p>
    );
  return (
    <ul className="r-list">
      {promotions.map((each) => (
        <li key={each.id}>
          <Status word={STATE_WORDS[each.state]} glyphOnly still /> {STATE_TEXTS[each.state]}:{' '}
          <a href={pageOf(project, 'releases', each.id)}>to {each.environment}</a>
          {gatesText(each.gates) ? `, ${gatesText(each.gates)}` : ''}, asked by {each.requested_by}{' '}
          <When at={each.created_at} clock="wall" />
          {each.approval !== null && each.state === 'waiting' ? <NeedsYou /> : null}
        </li>
      ))}
    </ul>
  );
}
