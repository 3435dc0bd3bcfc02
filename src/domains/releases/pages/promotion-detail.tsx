import { Facts } from '../../../ui/facts.tsx';
import { GateList } from '../../../ui/gate-list.tsx';
import { Id } from '../../../ui/id.tsx';
import { Panel } from '../../../ui/panel.tsx';
import { pageOf, usePlace } from '../../../ui/place.ts';
import { When } from '../../../ui/when.tsx';
import type { Promotion } from '../schema.ts';
import { gateLines, gatesText } from './release-words.ts';

/** One promotion: what it wanted, how each gate judged it, how it ended. */
export function PromotionDetail({ project, promotion }: { project: string; promotion: Promotion }) {
  const { hrefWith } = usePlace();
  return (
    <Panel
      title={`Promotion ${promotion.id}: ${promotion.model} v${promotion.version} to ${promotion.environment}`}
      note={gatesText(promotion.gates)}
      actions={
        <a className="r-action" href={hrefWith({ id: undefined })}>
          Close
        </a>
      }
    >
      <p className="r-serif">{promotion.sentence}</p>
      <GateList
        label={`Gates of promotion ${promotion.id}`}
        gates={gateLines(promotion.project, promotion.gates)}
      />
      <Facts
        rows={[
          ['Asked by', promotion.requested_by],
          [
            'Because of',
            promotion.caused_by ? <Lineage project={project} of={promotion.caused_by} /> : undefined,
          ],
          ['Asked', <When at={promotion.created_at} clock="wall" />],
          ['Ended', promotion.ended_at === null ? undefined : <When at={promotion.ended_at} clock="wall" />],
          ['Release', promotion.release ? <Id value={promotion.release} length={12} /> : undefined],
          ['Goes on to', promotion.next.length > 0 ? promotion.next.join(', then ') : undefined],
          [
            'Tried as',
            promotion.rollout === null ? undefined : (
              <a href={pageOf(project, 'rollouts', promotion.rollout)}>rollout {promotion.rollout}</a>
            ),
          ],
        ]}
      />
    </Panel>
  );
}

const Lineage = ({ project, of }: { project: string; of: string }) => (
  <a href={`${pageOf(project, 'lineage')}?of=${encodeURIComponent(of)}`}>
    <code className="r-code">{of}</code>
  </a>
);
