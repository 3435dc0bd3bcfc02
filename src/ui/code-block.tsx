import { useState } from 'react';
import { CopyAs } from './copy-as.tsx';

export interface CodeBlockProps {
  /** Says what the code does: "Call flight-delay". */
  label: string;
  /** The same in one or several languages. */
  forms: readonly { label: string; text: string }[];
  /** Breaks long lines: for text and data, which is read here; commands are taken away as they stand. */
  wrap?: boolean;
}

/** Code to take away, in the language one wants. */
export function CodeBlock({ label, forms, wrap }: CodeBlockProps) {
  const [at, setAt] = useState(0);
  const form = forms[at] ?? forms[0];
  if (!form) return null;
  return (
    <figure className="r-codeblock" aria-label={label}>
      <div className="r-codeblock-head">
        {forms.length > 1 ? (
          <span className="r-segments" role="group" aria-label="Language">
            {forms.map((each, index) => (
              <button key={each.label} type="button" aria-pressed={index === at} onClick={() => setAt(index)}>
                {each.label}
              </button>
            ))}
          </span>
        ) : (
          <span className="r-small">{form.label}</span>
        )}
        <span className="r-spring" />
        <CopyAs label="Copy" formats={[{ label: form.label, text: form.text }]} />
      </div>
      <pre className="r-code" data-wrap={wrap || undefined} tabIndex={0}>
        {form.text}
      </pre>
    </figure>
  );
}
