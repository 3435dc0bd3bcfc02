import type { LeadPart } from './lead-parts.ts';
import { Num } from './num.tsx';
import { When } from './when.tsx';

export interface LeadProps {
  parts: readonly LeadPart[];
  /** Inside a row of a list: in the text's own size. */
  small?: boolean;
}

/** The first sentence of a page: what is so, since when, what it needs. Numbers in it can be asked for their proof. */
export function Lead({ parts, small }: LeadProps) {
  const inside = parts.map((part, index) => {
    const end = part.type === 'text' ? '' : punctuationOf(parts[index + 1]);
    const before = parts[index - 1];
    const taken = before && before.type !== 'text' ? punctuationOf(part) : '';
    const own = taken && part.type === 'text' ? { ...part, text: part.text.slice(taken.length) } : part;
    return end === '' ? (
      <Part key={index} part={own} />
    ) : (
      <span key={index} className="r-nowrap">
        <Part part={own} />
        {end}
      </span>
    );
  });
  return small ? <span className="r-lead-small">{inside}</span> : <p className="r-lead">{inside}</p>;
}

/** A button is a box to the line breaker: the point after a number would begin the next line. */
const punctuationOf = (part: LeadPart | undefined): string =>
  part?.type === 'text' ? (/^[.,;:)]+/.exec(part.text)?.[0] ?? '') : '';

function Part({ part }: { part: LeadPart }) {
  switch (part.type) {
    case 'link':
      return <a href={part.href}>{part.text}</a>;
    case 'time':
      return <When at={part.at} clock={part.clock} />;
    case 'number':
      if (part.interval && part.n !== undefined)
        return (
          <Num
            kind="estimated"
            value={part.value}
            interval={part.interval}
            n={part.n}
            style={part.style}
            unit={part.unit}
            proof={part.proof}
          />
        );
      return (
        <Num
          kind="counted"
          value={part.value}
          style={part.style ?? 'metric'}
          unit={part.unit}
          proof={part.n === undefined ? part.proof : { n: part.n, ...part.proof }}
        />
      );
    default:
      return part.text;
  }
}
