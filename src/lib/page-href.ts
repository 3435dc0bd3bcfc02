/** The address of a page of a project, as rooms write it into leads and lineage; each part is encoded. */
export const pageHref = (project: string, ...parts: (string | number)[]): string =>
  `/p/${[project, ...parts].map((part) => encodeURIComponent(String(part))).join('/')}`;
