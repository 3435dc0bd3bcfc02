// `npm start`: install and build when needed, then the quickstart of examples/flights on a fresh data directory.
import { install, root } from './install.mjs';

install();
const { build } = await import('./build.mjs');
await build();
process.argv.splice(2, 0, 'quickstart');
await import(`${root}/dist/cli.js`);
