/** The bound of a search: `usual` in every run of the tests, `long` in `npm run soak`. */
export function soak<T>(usual: T, long: T): T {
  return process.env.SOAK === '1' ? long : usual;
}
