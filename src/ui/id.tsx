import { useState } from 'react';
import { Tooltip } from '@mantine/core';
import { copyText } from './copy.ts';

export interface IdProps {
  value: string;
  /** 8 for ids, 12 for digests. An algorithm prefix such as "sha256:" is not counted and not shown. */
  length?: number;
  /** Opens the object; without it a click copies the whole id. */
  href?: string;
}

/** A short id in mono. Click copies all of it. */
export function Id({ value, length = 8, href }: IdProps) {
  const [copied, setCopied] = useState(false);
  const short = value.replace(/^[a-z0-9]+:/, '').slice(0, length);
  if (href)
    return (
      <a className="r-id r-quiet" href={href} title={value}>
        {short}
      </a>
    );
  return (
    <Tooltip label={copied ? 'Copied' : value}>
      <button
        type="button"
        className="r-id r-plain"
        onClick={() => void copyText(value).then(setCopied)}
        onMouseLeave={() => setCopied(false)}
      >
        {short}
        <span className="r-sr">, copy the whole id</span>
      </button>
    </Tooltip>
  );
}
