import type { ProjectRole, Role, TokenKind, UserKind } from '../schema.ts';

export interface UserTable {
  name: string;
  kind: UserKind;
  display_name: string;
  role: Role | null;
  disabled: number;
  password_hash: string | null;
  created_by: string;
  created_at: number;
  updated_at: number;
  last_seen_at: number | null;
}

export interface TokenTable {
  id: string;
  hash: string;
  kind: TokenKind;
  user_name: string;
  label: string;
  role: Role | null;
  project: string | null;
  created_by: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
}

declare module '../../../database/tables.ts' {
  interface Tables {
    users: UserTable;
    members: { project: string; user_name: string; role: ProjectRole; set_by: string; set_at: number };
    tokens: TokenTable;
  }
}
