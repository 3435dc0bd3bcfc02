/** A text inside a pattern of LIKE, in quotes of the search grammar. */
export const quotedLike = (term: string): string => `'%${term.replaceAll("'", "''")}%'`;
