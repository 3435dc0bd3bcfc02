import type { ReactNode } from 'react';

export interface FactsProps {
  /** Rows whose value is undefined are left out. */
  rows: readonly (readonly [label: string, value: ReactNode | undefined])[];
}

/** A key that somebody made up may be long: it breaks behind its signs before it breaks within a word. */
const breakable = (label: string): ReactNode =>
  label.split(/(?<=[/_.])/).flatMap((part, at) => (at === 0 ? [part] : [<wbr key={at} />, part]));

/** Labels with their values, one a line. */
export function Facts({ rows }: FactsProps) {
  return (
    <dl className="r-facts r-facts-wide">
      {rows.map(([label, value]) =>
        value === undefined || value === null || value === '' ? null : (
          <div key={label}>
            <dt>{breakable(label)}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
