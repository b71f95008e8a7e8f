/** A Makefile as far as its commands go: what it sets, and its recipes as shell scripts. */
export interface Recipes {
  /** Assignments, as a script. */
  variables: string;
  recipes: { text: string; line: number }[];
}

/** @see https://www.gnu.org/software/make/manual/html_node/Reading-Makefiles.html */
export function recipesOf(text: string): Recipes {
  const variables: string[] = [];
  const recipes: { text: string; line: number }[] = [];
  let inRecipe = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.startsWith('\t')) {
      if (!inRecipe) recipes.push({ text: '', line: index + 1 });
      inRecipe = true;
      const recipe = recipes.at(-1)!;
      recipe.text += `${shellText(line.slice(1).replace(/^[@+-]+/, ''))}\n`;
      continue;
    }
    if (line.trim() !== '' && !line.startsWith('#')) inRecipe = false;
    const [, name, operator, value = ''] =
      /^(?:export\s+|override\s+)?([\w.-]+)\s*(\?=|:{0,3}=|\+=)\s*(.*?)\s*(?:\s#.*)?$/.exec(line) ?? [];
    if (name === undefined || !/^\w+$/.test(name)) continue;
    const written = shellText(value);
    variables.push(
      operator === '?='
        ? `${name}="\${${name}:-${written}}"`
        : `${name}${operator === '+=' ? '+=' : '='}"${written.replaceAll('"', '\\"')}"`,
    );
  }
  return { variables: inOrder(variables).join('\n'), recipes };
}

/** `$(NAME)` is make's, `$$` the shell's, `$(shell …)` a substitution. */
function shellText(text: string): string {
  return text
    .replace(/\$\(shell\s+((?:[^()]|\([^()]*\))*)\)/g, '\u0001$1\u0002')
    .replace(
      /\$\{(\w+)\}|\$\((\w+)\)/g,
      (_, braced: string | undefined, round: string | undefined) => `\${${braced ?? round ?? ''}}`,
    )
    .replaceAll('$@', '')
    .replaceAll('$$', '$')
    .replaceAll('\u0001', '$(')
    .replaceAll('\u0002', ')');
}

/** Make fills variables in when they are used: those that others are made of come first. */
function inOrder(assignments: readonly string[]): string[] {
  const nameOf = (text: string) => /^\w+/.exec(text)?.[0] ?? '';
  const ordered: string[] = [];
  const visit = (text: string, trail: readonly string[]): void => {
    if (ordered.includes(text) || trail.includes(text)) return;
    for (const [, name] of text.slice(nameOf(text).length).matchAll(/\$\{(\w+)/g))
      for (const other of assignments) if (nameOf(other) === name) visit(other, [...trail, text]);
    ordered.push(text);
  };
  for (const text of assignments) visit(text, []);
  return ordered;
}
