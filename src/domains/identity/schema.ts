import { z } from 'zod';

/** Roles from weakest to strongest; each may do all that the ones before it may. */
export const ROLES = ['viewer', 'editor', 'operator', 'admin'] as const;
export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;

/** What somebody is in one project. `none` shuts them out whatever their role elsewhere says. */
export const ProjectRole = z.enum(['none', ...ROLES]);
export type ProjectRole = z.infer<typeof ProjectRole>;

/** A session is made by signing in; an API token is for programs. */
export const TokenKind = z.enum(['session', 'api']);
export type TokenKind = z.infer<typeof TokenKind>;

/** Who asks. Every service verb takes one first. */
export interface Actor {
  kind: 'anonymous' | 'token' | 'user' | 'service' | 'step' | 'system';
  /** Shown in audit entries and approvals: `anonymous`, a user's name, `rule retrain-on-decay`. */
  name: string;
  /** Role in every project and over the server itself, or none. */
  role: Role | null;
  /** Roles in single projects; they win over `role`, except over that of an admin. */
  projects: Readonly<Record<string, ProjectRole>>;
  /** A caller without credentials from this machine, who reads and logs. */
  guest?: boolean;
  /** The session or token that was shown, by id. */
  credential?: { id: string; kind: TokenKind };
  /** The thing that acts, when it is one: `rondo:step-run:<id>/<attempt>` for a step. */
  urn?: string;
}

export const ANONYMOUS: Actor = { kind: 'anonymous', name: 'anonymous', role: null, projects: {} };

/** Nobody, on a server that trusts its own machine to read and to log. */
export const GUEST: Actor = { ...ANONYMOUS, guest: true };

/** Rondo itself: jobs, rules and subscribers act under this name followed by what started them. */
export const systemActor = (name: string): Actor => ({ kind: 'system', name, role: 'admin', projects: {} });

const RESERVED = ['anonymous', 'system', 'rondo', 'me'];

/** A name for signing in: one spelling per person, so it is normalised (NFC) and in lower case. */
export const UserName = z
  .string()
  .max(200)
  .transform((name) => name.normalize('NFC').toLowerCase().normalize('NFC'))
  .pipe(
    z
      .string()
      .regex(
        /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._@+-]{0,63}$/u,
        'a name has 1 to 64 letters, digits and . _ @ + -, and starts with a letter or digit',
      )
      .refine((name) => !RESERVED.includes(name), 'this name is kept for Rondo itself'),
  );

export const MIN_PASSWORD = 12;

/** A password that is being set. */
export const NewPassword = z
  .string()
  .min(MIN_PASSWORD, `a password has at least ${MIN_PASSWORD} characters`)
  .max(512, 'a password has at most 512 characters');

/** A password as somebody typed it, right or wrong. */
const Typed = z.string().min(1, 'the password is missing').max(512);

const DisplayName = z.string().trim().min(1).max(100);

export const UserKind = z.enum(['person', 'service']);
export type UserKind = z.infer<typeof UserKind>;

export const User = z.object({
  name: z.string(),
  kind: UserKind,
  display_name: z.string(),
  /** Role in every project and over the server; null: only where they are a member. */
  role: Role.nullable(),
  disabled: z.boolean(),
  created_by: z.string(),
  created_at: z.number(),
  last_seen_at: z.number().nullable(),
});
export type User = z.infer<typeof User>;

export const NewUser = z
  .object({
    name: UserName,
    kind: UserKind.default('person'),
    display_name: DisplayName.optional(),
    role: Role.nullable().default(null),
    /** Of a person; a service account has none. */
    password: NewPassword.optional(),
  })
  .refine((user) => (user.kind === 'person') === (user.password !== undefined), {
    message: 'a person needs a password, a service account has none',
    path: ['password'],
  });
export type NewUser = z.infer<typeof NewUser>;

export const UserChange = z.object({
  display_name: DisplayName.optional(),
  role: Role.nullable().optional(),
  disabled: z.boolean().optional(),
});
export type UserChange = z.infer<typeof UserChange>;

export const Token = z.object({
  id: z.string(),
  kind: TokenKind,
  user: z.string(),
  label: z.string(),
  /** At most this role; null: whatever its user may. */
  role: Role.nullable(),
  /** In this project only; null: wherever its user may. */
  project: z.string().nullable(),
  created_by: z.string(),
  created_at: z.number(),
  expires_at: z.number().nullable(),
  revoked_at: z.number().nullable(),
  last_used_at: z.number().nullable(),
});
export type Token = z.infer<typeof Token>;

export const NewToken = z.object({
  label: z.string().trim().min(1).max(100),
  role: Role.nullable().default(null),
  project: z.string().min(1).max(200).nullable().default(null),
  /** Epoch ms; null: until it is revoked. */
  expires_at: z.number().int().positive().nullable().default(null),
});
export type NewToken = z.infer<typeof NewToken>;

/** A new token with its secret, which is told this once. */
export const IssuedToken = Token.extend({ secret: z.string() });
export type IssuedToken = z.infer<typeof IssuedToken>;

export const Member = z.object({
  user: z.string(),
  display_name: z.string(),
  kind: UserKind,
  disabled: z.boolean(),
  /** What holds in this project. */
  role: ProjectRole,
  /** Whether it holds here only, or everywhere. */
  source: z.enum(['project', 'server']),
  last_seen_at: z.number().nullable(),
});
export type Member = z.infer<typeof Member>;

export const SignIn = z.object({ name: z.string().min(1).max(200), password: Typed });
export const PasswordChange = z.object({ old_password: Typed, new_password: NewPassword });

export const WhoAmI = z.object({
  name: z.string(),
  display_name: z.string(),
  kind: z.enum(['anonymous', 'token', 'user', 'service', 'step', 'system']),
  /** In the project asked for; over the server when none was. */
  role: ProjectRole.nullable(),
  /** When the session or token shown ends, epoch ms. */
  expires_at: z.number().nullable(),
  /** Whether this is a session, which can change its password and make tokens. */
  session: z.boolean(),
  /** Needs that this actor fulfils there. */
  may: z.array(z.string()),
});
export type WhoAmI = z.infer<typeof WhoAmI>;
