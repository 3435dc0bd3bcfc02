import type { ReactNode } from 'react';
import { STATUS, type Shape, type StatusWord } from './status-words.ts';

export interface StatusProps {
  word: StatusWord;
  /** Leaves the word to the reader's eye elsewhere in the row; it stays in the accessible name. */
  glyphOnly?: boolean;
  /** A tinted chip; without it glyph and word stand on the page. */
  chip?: boolean;
  /** In tables nothing moves. */
  still?: boolean;
}

/** A state as glyph and word in its colour. */
export function Status({ word, glyphOnly, chip, still }: StatusProps) {
  const { tone, shape } = STATUS[word];
  return (
    <span className="r-status" data-tone={tone} data-chip={chip || tone === 'ink' || undefined}>
      <StatusGlyph shape={shape} still={still} />
      <span className={glyphOnly ? 'r-sr' : undefined}>{word}</span>
    </span>
  );
}

export interface NeedsYouProps {
  /** Defaults to "Needs you". */
  children?: ReactNode;
  count?: number;
  href?: string;
}

/** The filled ink chip: something waits for this person. Nothing else on a screen is solid. */
export function NeedsYou({ children = 'Needs you', count, href }: NeedsYouProps) {
  const inside = (
    <>
      <StatusGlyph shape="diamond" />
      <span>
        {children}
        {count === undefined ? null : ` ${count}`}
      </span>
    </>
  );
  if (!href)
    return (
      <span className="r-status" data-tone="ink" data-chip>
        {inside}
      </span>
    );
  return (
    <a className="r-status" data-tone="ink" data-chip href={href}>
      {inside}
    </a>
  );
}

export interface StatusGlyphProps {
  shape: Shape;
  size?: number;
  still?: boolean;
}

/** A 14 px glyph told apart by shape alone; drawn in currentColor, holes show what lies below. */
export function StatusGlyph({ shape, size = 14, still }: StatusGlyphProps) {
  return (
    <svg
      className="r-glyph"
      data-turning={(shape === 'turning' && !still) || undefined}
      width={size}
      height={size}
      viewBox="0 0 14 14"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      {SHAPES[shape]}
    </svg>
  );
}

const SHAPES: Record<Shape, ReactNode> = {
  check: (
    <path
      fill="currentColor"
      stroke="none"
      fillRule="evenodd"
      d="M7 .75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5Zm3.75 4.6L6.2 9.95 3.3 7.1l1.05-1.1 1.85 1.8L9.7 4.3Z"
    />
  ),
  turning: <path d="M7 1.5A5.5 5.5 0 1 1 1.5 7" />,
  triangle: (
    <path
      fill="currentColor"
      stroke="none"
      fillRule="evenodd"
      d="M7 1 13.5 12.75H.5ZM6.3 5v4h1.4V5Zm0 5.1v1.4h1.4v-1.4Z"
    />
  ),
  'hollow-triangle': <path d="M7 2 12.6 12.1H1.4Z" />,
  cross: (
    <path
      fill="currentColor"
      stroke="none"
      fillRule="evenodd"
      d="M1 1h12v12H1Zm3.2 2.2-1 1L5.95 7 3.2 9.8l1 1L7 8.05l2.8 2.75 1-1L8.05 7l2.75-2.8-1-1L7 5.95Z"
    />
  ),
  'hollow-cross': <path d="M1.75 1.75h10.5v10.5H1.75Zm3 3 4.5 4.5m0-4.5-4.5 4.5" />,
  dotted: <circle cx="7" cy="7" r="5.5" strokeDasharray="0.1 3.355" strokeWidth="1.75" />,
  bars: <path d="M4.5 2.5v9m5-9v9" strokeWidth="2.25" />,
  slashed: <path d="M7 1.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11Zm-3.9 9.4 7.8-7.8" />,
  question: (
    <>
      <circle cx="7" cy="7" r="5.9" strokeDasharray="2.6 2.03" strokeWidth="1.25" />
      <path d="M5.4 5.6c.1-1 .8-1.5 1.6-1.5.9 0 1.6.6 1.6 1.4 0 1.1-1.6 1.2-1.6 2.4" strokeWidth="1.25" />
      <path d="M7 9.9v.1" strokeWidth="1.5" />
    </>
  ),
  clock: <path d="M7 1.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM7 4v3.2l2.2 1.4" />,
  half: (
    <>
      <circle cx="7" cy="7" r="5.5" />
      <path d="M7 1.5a5.5 5.5 0 0 1 0 11Z" fill="currentColor" stroke="none" />
    </>
  ),
  return: (
    <>
      <circle cx="7" cy="7" r="5.75" strokeWidth="1.25" />
      <path d="M4.2 6.2h4a1.5 1.5 0 0 1 0 3.2H6.4M5.6 4.6 4 6.2l1.6 1.6" strokeWidth="1.25" />
    </>
  ),
  diamond: <path d="M7 1 13 7 7 13 1 7Z" fill="currentColor" stroke="none" />,
};
