import type { Migration } from '../migrate.ts';

export const monitorMute: Migration = {
  number: 111,
  name: 'monitor-mute',
  up: () => [
    'alter table monitors add column muted_until bigint',
    'alter table monitors add column muted_by text',
    'alter table monitors add column muted_reason text',
  ],
};
