import { z } from 'zod';

/** A project as MLflow's clients see it. */
export const Workspace = z.object({ name: z.string(), description: z.string().optional() });
export type Workspace = z.infer<typeof Workspace>;

const RESERVED = ['workspaces', 'api', 'ajax-api', 'static-files'];

/** Why a new workspace cannot have that name, in MLflow's words, or undefined. */
export function workspaceNameFault(name: string): string | undefined {
  if (name === 'default') return "The 'default' workspace is reserved and cannot be created";
  if (name.length < 2 || name.length > 63)
    return `Workspace name '${name.slice(0, 100)}' must be between 2 and 63 characters.`;
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))
    return `Workspace name '${name}' must match the pattern ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ (lowercase alphanumeric with optional internal hyphens).`;
  if (RESERVED.includes(name)) return `Workspace name '${name}' is reserved and cannot be used.`;
  return undefined;
}

export const DELETION_MODES = ['SET_DEFAULT', 'CASCADE', 'RESTRICT'] as const;
