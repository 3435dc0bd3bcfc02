import { formatNumber } from '../../../ui/number.ts';
import type { Arm } from '../schema/control.ts';

/** The arms of an endpoint as one stacked bar with its numbers beside; the shadow has no share and says so. */
export function TrafficBar({ arms }: { arms: readonly Arm[] }) {
  if (arms.length === 0) return <p className="r-prose">No deployment is live.</p>;
  return (
    <figure className="r-traffic" aria-label="Traffic by arm">
      <div className="r-arms" aria-hidden>
        {arms.map((arm) => (
          <i key={arm.deployment} data-role={roleOf(arm)} style={{ width: `${100 * arm.weight}%` }} />
        ))}
      </div>
      <figcaption className="r-keys">
        {arms.map((arm) => (
          <span key={arm.deployment} data-role={roleOf(arm)}>
            <i className="r-arm-key" aria-hidden />
            <strong>
              {arm.model} v{arm.version}
            </strong>{' '}
            {arm.arm}, {armShare(arm)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

const roleOf = (arm: Arm) => (arm.arm === 'champion' ? 'current' : 'candidate');

/** "90%", "shadow, answers nobody", or both. */
export function armShare(arm: Pick<Arm, 'weight' | 'shadow'>): string {
  const share = formatNumber(arm.weight, 'share');
  if (!arm.shadow) return share;
  return arm.weight === 0 ? 'shadow, answers nobody' : `${share}, shadows the rest`;
}
