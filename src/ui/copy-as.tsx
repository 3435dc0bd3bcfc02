import { Menu } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { copyText } from './copy.ts';

export interface CopyAsProps {
  label?: string;
  /** For example curl, Python, SQL, Markdown; one entry copies at once, several open a menu. */
  formats: readonly { label: string; text: string }[];
}

/** Copies the thing beside it in one of several forms. */
export function CopyAs({ label = 'Copy as', formats }: CopyAsProps) {
  const [copied, setCopied] = useState<string>();
  const copy = (format: { label: string; text: string }) =>
    void copyText(format.text).then((done) => {
      setCopied(done ? format.label : undefined);
      setTimeout(() => setCopied(undefined), 1500);
    });
  const face = (
    <>
      {copied ? <Check className="r-icon" /> : <Copy className="r-icon" />}
      <span aria-live="polite">{copied ? `Copied ${copied}` : label}</span>
    </>
  );
  const [only] = formats;
  if (formats.length === 1 && only)
    return (
      <button type="button" className="r-action" onClick={() => copy(only)}>
        {face}
      </button>
    );
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <button type="button" className="r-action">
          {face}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map((format) => (
          <Menu.Item key={format.label} onClick={() => copy(format)}>
            {format.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
