import { z } from 'zod';

/** Roles from weakest to strongest; each may do all that the ones before it may. */
export const ROLES = ['viewer', 'editor', 'operator', 'admin'] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** Who asks. Every service verb takes one first. */
export interface Actor {
  kind: 'anonymous' | 'token' | 'user' | 'step' | 'system';
  /** Shown in audit entries and approvals: `anonymous`, a user's name, `rule retrain-on-decay`. */
  name: string;
  /** Role in every project, or none. Anonymous actors on loopback have none and may read and log only. */
  role: Role | null;
  /** Roles in single projects; they win over `role`. */
  projects: Record<string, Role>;
  /** The thing that acts, when it is one: `rondo:step-run:<id>/<attempt>` for a step. */
  urn?: string;
}

export const ANONYMOUS: Actor = { kind: 'anonymous', name: 'anonymous', role: null, projects: {} };

/** Rondo itself: jobs, rules and subscribers act under this name followed by what started them. */
export const systemActor = (name: string): Actor => ({ kind: 'system', name, role: 'admin', projects: {} });

export const WhoAmI = z.object({
  name: z.string(),
  kind: z.string(),
  role: Role.nullable(),
  /** Needs that this actor fulfils. */
  may: z.array(z.string()),
});
