import { projectsContract } from '../../projects/contract.ts';
import { servingContract } from '../../serving/contract.ts';
import { commandFor } from '../../../ui/command.ts';
import { panelState, useEndpoint } from '../../../ui/data.tsx';
import { Empty } from '../../../ui/empty.tsx';
import { PageFrame } from '../../../ui/page-frame.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { usePlace } from '../../../ui/place.ts';
import { releasesContract } from '../contract.ts';
import { PromoteForm } from './promote-form.tsx';
import { PromotionHistory } from './promotion-history.tsx';
import { PromotionDetail } from './promotion-detail.tsx';
import { releasesLead, stopsOf } from './release-words.ts';
import { StopTile } from './stop-tile.tsx';

/** The way through the environments: what is where, what goes on, what happened. */
export function Releases() {
  const { project, params, search } = usePlace();
  const inProject = { params: { project } };
  const of = useEndpoint(projectsContract.getProject, inProject);
  const endpoints = useEndpoint(servingContract.listEndpoints, inProject);
  const answer = useEndpoint(releasesContract.listPromotions, inProject);
  const promotions = answer.data?.promotions ?? [];
  const stops = stopsOf(of.data?.environments ?? [], endpoints.data?.endpoints ?? [], promotions);
  const open = promotions.find((each) => each.id === Number(search.id ?? params.promotion));
  return (
    <PageFrame
      title="Releases"
      wide
      lead={of.data && endpoints.data ? releasesLead(stops, promotions) : undefined}
      actions={
        of.data ? (
          <PromoteForm project={project} environments={of.data.environments} promotions={promotions} />
        ) : undefined
      }
    >
      <Panel title="Where what is" note="wall clock" state={panelState(of, { rows: 3 })}>
        <ol className="r-stops">
          {stops.map((stop) => (
            <StopTile key={stop.environment.name} project={project} stop={stop} />
          ))}
        </ol>
      </Panel>
      {open ? <PromotionDetail project={project} promotion={open} /> : null}
      <Panel
        title="History"
        note={promotions.length > 0 ? `${promotions.length}, wall clock` : undefined}
        state={panelState(answer, {
          rows: 6,
          empty: (data) =>
            data.promotions.length === 0 ? (
              <Empty command={commandFor(project, 'models promote MODEL VERSION --to ENVIRONMENT')}>
                A promotion brings a version into an environment through its gates. Each one stays here with
                what it was judged by. None was asked for yet.
              </Empty>
            ) : undefined,
        })}
      >
        <PromotionHistory promotions={promotions} />
      </Panel>
    </PageFrame>
  );
}
