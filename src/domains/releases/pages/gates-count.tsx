import { Ask } from '../../../ui/num.tsx';
import { pageOf } from '../../../ui/place.ts';
import type { Promotion } from '../schema.ts';
import { gatesText } from './release-words.ts';

/** How many gates a promotion passed; it leads to them. */
export function GatesCount({ promotion }: { promotion: Pick<Promotion, 'id' | 'project' | 'gates'> }) {
  const { id, project, gates } = promotion;
  const text = gatesText(gates);
  if (text === null) return null;
  return (
    <Ask
      asked={{
        kind: 'counted',
        value: gates.filter((gate) => gate.state === 'passed').length,
        proof: {
          definition: 'Gates of this promotion that passed; skipped ones are not judged.',
          n: gates.filter((gate) => gate.state !== 'skipped').length,
          rows: { label: 'the gates', href: pageOf(project, 'releases', id) },
        },
      }}
    >
      {text}
    </Ask>
  );
}
