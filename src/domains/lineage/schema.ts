import { z } from 'zod';

/** How two things are linked: `from` was made with, by or for `to`, read "from RELATION to". */
export const RELATIONS = [
  'derived-from',
  'read',
  'wrote',
  'trained-on',
  'evaluated-on',
  'produced-by',
  'part-of',
  'uses',
  'version-of',
  'deployed-as',
  'scored-by',
  'baseline-of',
  'approved-by',
  'caused-by',
  'ran-at',
  'locked-by',
  'compared-with',
] as const;
export const Relation = z.enum(RELATIONS);
export type Relation = z.infer<typeof Relation>;

export const LineageLink = z.object({
  from: z.string(),
  relation: Relation,
  to: z.string(),
  created_at: z.number(),
});
export type LineageLink = z.infer<typeof LineageLink>;

export const LineageNode = z.object({
  urn: z.string(),
  /** Human name; null when no room knows the thing (a gap). */
  title: z.string().nullable(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
  /** Page of the thing in the UI, when it has one. */
  href: z.string().nullable().default(null),
});
export type LineageNode = z.infer<typeof LineageNode>;

export const LineageGraph = z.object({
  root: z.string(),
  nodes: z.array(LineageNode),
  links: z.array(LineageLink),
  /** Chains that end where they should not, in words. */
  gaps: z.array(z.object({ urn: z.string(), missing: z.string() })),
  truncated: z.boolean(),
});
export type LineageGraph = z.infer<typeof LineageGraph>;
