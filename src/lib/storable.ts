// oxlint-disable-next-line no-control-regex
const BROKEN = /[\u0000\p{Surrogate}]/gu;

/** A text that every database can keep: with U+FFFD in place of NUL and of halves of characters. */
export const storable = (text: string): string => text.replace(BROKEN, '\uFFFD');

/** A list of texts as JSON that every database reads: a text that none can keep is found nowhere. */
export const storableList = (texts: readonly string[]): string => JSON.stringify(texts.map(storable));
