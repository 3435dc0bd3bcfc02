import { useEndpoint } from '../../../ui/data.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { pageOf } from '../../../ui/place.ts';
import { Status } from '../../../ui/status.tsx';
import { servingContract } from '../contract.ts';

export interface WhereLiveProps {
  project: string;
  model: string;
  /** Only this version; any when left out. */
  version?: number;
  /** In a cell of a table: without links and sentences. */
  brief?: boolean;
}

/** Which endpoints answer with a model now, with how much of their traffic. */
export function WhereLive({ project, model, version, brief }: WhereLiveProps) {
  const answer = useEndpoint(servingContract.listEndpoints, { params: { project } });
  const live = (answer.data?.endpoints ?? []).flatMap((endpoint) =>
    endpoint.arms
      .filter((arm) => arm.model === model && (version === undefined || arm.version === version))
      .map((arm) => ({ endpoint, arm })),
  );
  const share = ({ arm }: (typeof live)[number]) =>
    arm.shadow ? 'shadow' : formatNumber(arm.weight, 'share');
  const words = live
    .map((each) => `${each.endpoint.environment} v${each.arm.version} ${share(each)}`)
    .join(', ');
  if (brief)
    return live.length === 0 ? (
      <span className="r-missing">{'\u2013'}</span>
    ) : (
      <span className="r-beginning" title={words}>
        {words}
      </span>
    );
  if (!answer.data) return <p className="r-small">{answer.fault ? answer.fault.message : 'Loading.'}</p>;
  if (live.length === 0)
    return (
      <p className="r-small">
        No endpoint answers with {version === undefined ? 'this model' : `v${version}`} now.
      </p>
    );
  return (
    <ul className="r-list">
      {live.map((each) => (
        <li key={`${each.endpoint.name} ${each.arm.deployment} ${each.arm.arm}`}>
          <Status word="Live" still />{' '}
          <a href={pageOf(project, 'endpoints', each.endpoint.name)}>{each.endpoint.name}</a> in{' '}
          {each.endpoint.environment}
          {version === undefined ? `, v${each.arm.version}` : ''}: {each.arm.arm}, {share(each)}
        </li>
      ))}
    </ul>
  );
}
