import { randomInt } from 'node:crypto';

const TEMPERS =
  'agile amused bold brisk calm candid careful clever crisp curious dapper eager fair fearless gentle glad honest jolly keen lively lucid merry nimble patient placid polite proud quick quiet serene silent sincere spry steady sunny swift tidy upbeat vivid wise'.split(
    ' ',
  );
const VOICES =
  'alto aria ballad bolero cadence canon cello chord clef coda duet etude fife flute fugue gavotte harp hymn lute lyre march minuet motif oboe octave opus prelude quartet reed refrain rondo scale sonata tango tempo theme treble trio viola waltz'.split(
    ' ',
  );

/** A name for a thing that was given none, for example `keen-fugue-214`. Not unique. */
export function randomName(): string {
  const pick = (words: string[]) => words[randomInt(words.length)] as string;
  return `${pick(TEMPERS)}-${pick(VOICES)}-${randomInt(1000)}`;
}
