import { Menu } from '@mantine/core';

export interface RowAction {
  label: string;
  run: () => void;
  /** Deletes or stops something. */
  harmful?: boolean;
  /** Disables the action and says why. */
  because?: string;
}

export interface RowMenuAt {
  row: number;
  left: number;
  top: number;
}

/** What can be done with one row, where its button or the pointer is. */
export function RowMenu({
  at,
  actions,
  onClose,
}: {
  at: RowMenuAt;
  actions: readonly RowAction[];
  onClose: () => void;
}) {
  return (
    <Menu opened onClose={onClose} position="bottom-start" withinPortal returnFocus={false}>
      <Menu.Target>
        <span className="r-menu-anchor" style={{ left: at.left, top: at.top }} aria-hidden />
      </Menu.Target>
      <Menu.Dropdown aria-label="Actions for the row">
        {actions.map((action) => (
          <Menu.Item
            key={action.label}
            disabled={action.because !== undefined}
            title={action.because}
            color={action.harmful ? 'var(--r-fail)' : undefined}
            onClick={action.run}
          >
            {action.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
