import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Ends the process group `pid` when this process is gone, however it died: a tiny shell outside the group waits for the end of
 * its input, which the kernel closes with us. The script is constant; the number is its only argument.
 */
export function guardGroup(pid: number): void {
  const guard = spawn('/bin/sh', ['-c', 'read _; kill -9 -- "-$1" 2>/dev/null', 'guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  (guard.stdin as { unref?: () => void } | null)?.unref?.();
}

/** Asks the group to end, waits, then ends it. */
export async function endGroup(child: ChildProcess, graceMs: number): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null && graceMs > 0) {
    send(pid, 'SIGTERM');
    const until = Date.now() + graceMs;
    while (child.exitCode === null && child.signalCode === null && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }
  // Also what the step started and left behind.
  send(pid, 'SIGKILL');
}

function send(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // The group is empty.
  }
}
