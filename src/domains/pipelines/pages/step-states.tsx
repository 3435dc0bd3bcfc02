import { Status } from '../../../ui/status.tsx';
import type { StatusWord } from '../../../ui/status-words.ts';

/** How many steps are in which state; choosing one shows these steps alone, choosing it again shows all. */
export function StepStates({
  counts,
  chosen,
  onChoose,
}: {
  counts: readonly (readonly [word: StatusWord, count: number])[];
  chosen: string | undefined;
  onChoose: (word: StatusWord | undefined) => void;
}) {
  return (
    <span className="r-segments r-state-counts" role="group" aria-label="Show steps that are">
      {counts.map(([word, count]) => (
        <button
          key={word}
          type="button"
          aria-pressed={word === chosen}
          onClick={() => onChoose(word === chosen ? undefined : word)}
        >
          {count} <Status word={word} still />
        </button>
      ))}
    </span>
  );
}
