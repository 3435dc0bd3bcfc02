import { toast } from './toasts.tsx';

/** The part of a zod schema that is needed here. */
interface Schema<T> {
  safeParse: (
    value: unknown,
  ) =>
    | { success: true; data: T }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[] }[] } };
}

/** Search parameters by a schema; a broken one is dropped with a note, never a crash. */
export function parseSearch<T>(schema: Schema<T>, raw: Record<string, unknown>): T {
  const kept = { ...raw };
  for (;;) {
    const result = schema.safeParse(kept);
    if (result.success) return result.data;
    const broken = result.error.issues
      .map((issue) => String(issue.path[0] ?? ''))
      .filter((key) => key in kept);
    if (broken.length === 0) throw new Error('The search schema of this page refuses an empty search.');
    for (const key of broken) delete kept[key];
    toast(`${broken.join(', ')} in the address could not be read and was left out.`);
  }
}
