/** A list of keys in an address, which may hold anything; undefined when the address names none. */
export function readList(text: string | undefined): string[] | undefined {
  return text?.split(',').filter(Boolean).map(decoded);
}

/** An empty list is written too, so that it is told from none. */
export const listText = (keys: readonly string[]): string => keys.map(encodeURIComponent).join(',') || ',';

/** What a person typed into an address may be no valid encoding: then it is the key as it stands. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
