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
    const [end, rest] = endOf(part, parts[index - 1]);
    const mark = endOf(parts[index + 1], part)[0];
    if (mark === '') return end === '' ? <Part key={index} part={part} /> : rest;
    return (
      <span key={index} className="r-lead-kept">
        <Part part={part} />
        {mark}
      </span>
    );
  });
  return small ? <span>{inside}</span> : <p className="r-lead">{inside}</p>;
}

/** The mark that a text behind a number begins with, and what follows it: a line never begins with a full stop. */
function endOf(part: LeadPart | undefined, before: LeadPart | undefined): [mark: string, rest: string] {
  if (part?.type !== 'text' || before === undefined || before.type === 'text') return ['', ''];
  const mark = /^[.,;:)]+/.exec(part.text)?.[0] ?? '';
  return [mark, part.text.slice(mark.length)];
}

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
