/** A `rondo` command for this server and project, ready to be pasted into a terminal. */
export const commandFor = (project: string, command: string): string =>
  `RONDO_URL=${location.origin} rondo ${command}${project && project !== 'default' ? ` --project ${project}` : ''}`;
