/**
 * Every table of the metadata database. A `store.ts` adds its own by declaration merging:
 * `declare module '../../database/tables.ts' { interface Tables { runs: RunTable } }`.
 */
// oxlint-disable-next-line typescript/no-empty-object-type
export interface Tables {}
