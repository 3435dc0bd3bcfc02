import { Delta } from '../../../ui/delta.tsx';
import { Lead } from '../../../ui/lead.tsx';
import { Num } from '../../../ui/num.tsx';
import { formatNumber } from '../../../ui/number.ts';
import { Status } from '../../../ui/status.tsx';
import type { Look, Rollout } from '../schema.ts';
import { lookProof } from '../schema/proofs.ts';
import { gainProof } from './rollout-words.ts';

/** Champion and candidate side by side at the newest look, and the guardrails of the canary. */
export function ArmTable({ rollout }: { rollout: Rollout }) {
  const look = rollout.looks.at(-1);
  if (!look) return null;
  const difference = look.gain === null ? null : -look.gain;
  return (
    <section className="r-panel">
      <h2 className="r-h2">
        Both arms{' '}
        <span className="r-small">{`${look.n.toLocaleString('en-US')} paired labelled rows of the ${look.stage}`}</span>
      </h2>
      <div className="r-scroll-x" tabIndex={0}>
        <table className="r-fields">
          <thead>
            <tr>
              <th scope="col">metric</th>
              <th scope="col">champion v{rollout.champion}</th>
              <th scope="col">candidate v{rollout.candidate}</th>
              <th scope="col">difference, always valid</th>
              <th scope="col">role</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{rollout.plan.loss.replaceAll('_', ' ')}</th>
              <td>
                <Loss rollout={rollout} look={look} of="champion" />
              </td>
              <td>
                <Loss rollout={rollout} look={look} of="candidate" />
              </td>
              <td>
                {difference === null ? (
                  formatNumber(null)
                ) : (
                  <Delta
                    value={difference}
                    interval={look.low === null || look.high === null ? undefined : [-look.high, -look.low]}
                    better="lower"
                    against={`v${rollout.champion}`}
                    n={look.n}
                    proof={gainProof(rollout, look)}
                  />
                )}
              </td>
              <td>goal</td>
            </tr>
            {look.split ? <SplitRow rollout={rollout} look={look} split={look.split} /> : null}
          </tbody>
        </table>
      </div>
      {look.guardrails.length > 0 ? (
        <ul className="r-list" aria-label="Guardrails">
          {look.guardrails.map((each) => (
            <li key={each.name} className="r-wrap">
              <Status word={each.holds ? 'Passed' : 'Failed'} still />
              <strong>{each.name}</strong> <Lead small parts={each.parts} />
            </li>
          ))}
        </ul>
      ) : (
        <p className="r-small">Guardrails are judged in the canary, where the candidate answers people.</p>
      )}
    </section>
  );
}

/** The mean loss of one arm; its interval belongs to the paired difference beside it. */
function Loss({ rollout, look, of }: { rollout: Rollout; look: Look; of: 'champion' | 'candidate' }) {
  return (
    <Num
      kind="counted"
      value={of === 'champion' ? look.champion_loss : look.candidate_loss}
      style="metric"
      proof={lookProof(
        rollout,
        look,
        `Mean ${rollout.plan.loss.replaceAll('_', ' ')} of the ${of} on the paired labelled rows; what is tested is the paired difference.`,
      )}
    />
  );
}

function SplitRow({
  rollout,
  look,
  split,
}: {
  rollout: Rollout;
  look: Look;
  split: NonNullable<Look['split']>;
}) {
  const total = split.champion + split.candidate;
  const proof = lookProof(
    rollout,
    look,
    'Answers of the arm since the canary began.',
    `chi-squared of ${split.champion} : ${split.candidate} against the weights`,
  );
  const share = (count: number) => (
    <>
      <Num kind="counted" value={count} proof={proof} />
      {total === 0 ? null : (
        <>
          , <Num kind="counted" value={count / total} style="share" proof={proof} />
        </>
      )}
    </>
  );
  return (
    <tr>
      <th scope="row">answers</th>
      <td>{share(split.champion)}</td>
      <td>{share(split.candidate)}</td>
      <td>
        {split.p === null ? (
          formatNumber(null)
        ) : (
          <>
            {`${split.mismatch ? 'does not fit' : 'fits'} ${formatNumber(1 - split.expected, 'share')} : ${formatNumber(split.expected, 'share')}, p `}
            <Num
              kind="counted"
              value={split.p}
              style="measure"
              proof={{
                ...proof,
                definition: 'Chance of a split at least this uneven if requests went by the weights.',
              }}
            />
          </>
        )}
      </td>
      <td>split</td>
    </tr>
  );
}
