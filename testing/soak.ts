/** The bound of a search: `usual` in every run of the tests, `long` in `npm run soak`. */
export function soak<T>(usual: T, long: T): T {
  return process.env.SOAK === '1' ? long : usual;
}

/** Of each kind every n-th case, but the first always; in `npm run soak` all cases. */
export function sampleOf<T>(kinds: readonly (readonly T[])[], every: number): T[] {
  const step = soak(every, 1);
  return kinds.flatMap((cases) => cases.filter((_, at) => at % step === 0));
}
