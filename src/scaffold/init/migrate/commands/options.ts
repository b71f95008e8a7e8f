/** Options of a command line: `--name value`, `--name=value`, `-n value`, `-nvalue`. */
export interface Options {
  /** By long name, in order; a switch has the value `true`. */
  values: Map<string, string[]>;
  rest: string[];
}

/**
 * @param switches long names without a value
 * @param short long names of the short ones
 */
export function readOptions(
  words: readonly string[],
  switches: ReadonlySet<string>,
  short: Readonly<Record<string, string>>,
): Options {
  const values = new Map<string, string[]>();
  const rest: string[] = [];
  const put = (name: string, value: string) => values.set(name, [...(values.get(name) ?? []), value]);
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    const [, name, value] = /^--?([a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (word === '-' || name === undefined) {
      rest.push(word);
      continue;
    }
    const isLong = word.startsWith('--') || name.length > 1;
    const cluster =
      !isLong || word.startsWith('--') || short[name] !== undefined ? undefined : short[name[0]!];
    const long = word.startsWith('--') ? name : (short[name] ?? cluster ?? name);
    if (cluster !== undefined && !switches.has(cluster)) put(cluster, word.slice(2));
    else if (cluster !== undefined) for (const letter of name) put(short[letter] ?? letter, 'true');
    else if (value !== undefined) put(long, value);
    else if (switches.has(long)) put(long, 'true');
    else put(long, words[(at += 1)] ?? '');
  }
  return { values, rest };
}
