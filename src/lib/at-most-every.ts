/** At once when it has rested long enough, else once at the end of the rest. */
export function atMostEvery(ms: number, act: () => void): () => void {
  if (ms === 0) return act;
  let rest: NodeJS.Timeout | undefined;
  let again = false;
  const ask = () => {
    again = true;
    if (rest) return;
    again = false;
    rest = setTimeout(() => {
      rest = undefined;
      if (again) ask();
    }, ms).unref();
    act();
  };
  return ask;
}
