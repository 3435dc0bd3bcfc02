/** A `rondo` command for this server and project, ready to be pasted into a terminal. */
export const commandFor = (project: string, command: string): string =>
  `RONDO_URL=${location.origin} rondo ${command}${project && project !== 'default' ? ` --project ${project}` : ''}`;

/** The request that makes something from a JSON file, where no command does. */
export const requestFor = (project: string, method: 'PUT' | 'POST', path: string, file: string): string =>
  `curl -X ${method} ${location.origin}/api/v1/projects/${encodeURIComponent(project)}/${path} -H "authorization: Bearer $RONDO_TOKEN" -H 'content-type: application/json' -d @${file}`;
