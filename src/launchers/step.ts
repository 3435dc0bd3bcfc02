import { runChild } from './step/child.ts';
import { runExec } from './step/exec.ts';

// `exec <folder>` wraps one attempt; `child` is the process inside it that runs user code.
const [mode, folder] = process.argv.slice(2);
if (mode === 'exec' && folder) process.exitCode = await runExec(folder);
else if (mode === 'child') runChild();
else {
  console.error('Usage: step.js exec FOLDER');
  process.exitCode = 2;
}
