import { Select } from '@mantine/core';
import { Role } from '../schema.ts';
import { roleChange } from './role-words.ts';

const NOWHERE = 'nowhere';

/** The role that counts in every project, with what the choice gives and takes. */
export function RoleEverywhere({
  before,
  role,
  onRole,
}: {
  before: Role | null;
  role: Role | null;
  onRole: (role: Role | null) => void;
}) {
  return (
    <div>
      <Select
        label="Role everywhere"
        data={[{ value: NOWHERE, label: 'none: only what projects give them' }, ...Role.options]}
        value={role ?? NOWHERE}
        allowDeselect={false}
        onChange={(next) => onRole(Role.safeParse(next).data ?? null)}
      />
      <p className="r-small" role="status">
        {roleChange(before, role)}
      </p>
    </div>
  );
}
