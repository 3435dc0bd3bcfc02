import { type Better, deltaWord } from './delta-words.ts';
import { Ask } from './num.tsx';
import { formatEstimate, formatSigned, type NumberStyle } from './number.ts';
import type { Proof } from './proof.ts';

export interface DeltaProps {
  /** New minus old, in the metric's own unit (shares as fractions; shown in points). */
  value: number;
  interval?: readonly [number, number];
  better?: Better;
  style?: NumberStyle;
  /** What it is compared with, said to screen readers and in the tooltip. */
  against?: string;
  /** Rows it rests on, when it is an estimate. */
  n?: number;
  proof: Proof;
}

/** A difference with sign, interval and the word that follows from them; coloured by that word only. */
export function Delta({ value, interval, better, style = 'metric', against, n, proof }: DeltaProps) {
  const word = deltaWord(value, interval, better);
  const tone = word === 'better' ? 'ok' : word === 'worse' ? 'fail' : 'mute';
  return (
    <span
      className="r-delta"
      data-tone={interval ? tone : 'none'}
      title={against ? `against ${against}` : undefined}
    >
      <Ask asked={{ kind: interval ? 'estimated' : 'counted', value, interval, n, proof }}>
        <span className="r-num-value">
          {interval ? signedEstimate(value, interval, style) : formatSigned(value, style)}
        </span>
        {interval ? <span className="r-num-spread"> ({bounds(value, interval, style)})</span> : null}
      </Ask>{' '}
      <span className="r-delta-word">{word}</span>
    </span>
  );
}

function signedEstimate(value: number, interval: readonly [number, number], style: NumberStyle): string {
  const text = formatEstimate(value, interval, style === 'share' ? 'points' : style).value;
  return (value > 0 ? `+${text}` : text) + (style === 'share' ? ' points' : '');
}

function bounds(value: number, interval: readonly [number, number], style: NumberStyle): string {
  const shown = formatEstimate(value, interval, style === 'share' ? 'points' : style);
  return `${shown.low} to ${shown.high}`;
}
