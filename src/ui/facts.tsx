import type { ReactNode } from 'react';

export interface FactsProps {
  /** Rows whose value is undefined are left out. */
  rows: readonly (readonly [label: string, value: ReactNode | undefined])[];
}

/** Labels with their values, one a line. */
export function Facts({ rows }: FactsProps) {
  return (
    <dl className="r-facts r-facts-wide">
      {rows.map(([label, value]) =>
        value === undefined || value === null || value === '' ? null : (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
