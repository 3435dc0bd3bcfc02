import { Modal } from '@mantine/core';
import { type KeyBinding, pageKeys } from '../ui/page-keys.ts';

/** Keys that parts of a page listen to themselves. */
const PARTS: readonly (readonly [string, string])[] = [
  ['j k', 'Row down, up'],
  ['Enter', 'Open the row'],
  ['x', 'Choose the row'],
  ['Shift j k', 'Choose on'],
  ['e', 'Proof of the focused number'],
  ['0', 'Whole range of the chart'],
  ['Esc', 'Close, then choose none'],
];

/** All keys that work here. */
export function KeyHelp({
  opened,
  onClose,
  bindings,
}: {
  opened: boolean;
  onClose: () => void;
  bindings: readonly KeyBinding[];
}) {
  const jumps = bindings.filter((binding) => binding.keys.startsWith('g '));
  const frame = bindings.filter(
    (binding) => !binding.keys.startsWith('g ') && !/^[jk\d]$/.test(binding.keys),
  );
  const own = opened ? pageKeys() : [];
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size={720}>
      <div className="r-keyhelp">
        <KeyList
          title="Anywhere"
          keys={[
            ['Ctrl K', 'Search or jump'],
            ...frame.map((each) => [each.keys, each.label] as const),
            ['1 to 9', 'Tabs'],
          ]}
        />
        <KeyList title="Go to" keys={jumps.map((each) => [each.keys, each.label] as const)} />
        <KeyList title="Tables, charts, numbers" keys={PARTS} />
        {own.length ? (
          <KeyList title="This page" keys={own.map((each) => [each.keys, each.label] as const)} />
        ) : null}
      </div>
    </Modal>
  );
}

function KeyList({ title, keys }: { title: string; keys: readonly (readonly [string, string])[] }) {
  return (
    <section>
      <h3 className="r-h3">{title}</h3>
      <dl>
        {keys.map(([key, label]) => (
          <div key={key + label}>
            <dt>
              <kbd className="r-kbd">{key}</kbd>
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
