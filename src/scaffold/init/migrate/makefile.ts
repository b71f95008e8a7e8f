/** A Makefile as far as its commands go: what it sets, and its recipes as shell scripts. */
export interface Makefile {
  /** Assignments, as a script. */
  variables: string;
  rules: MakeRule[];
}

export interface MakeRule {
  /** As written; `%` stands for any text. */
  targets: string[];
  needs: string[];
  /** Of the first line of the recipe. */
  line: number;
  recipe: string;
}

const ASSIGNMENT = /^(?:export\s+|override\s+)?([\w.-]+)\s*(\?=|:{0,3}=|\+=)\s*(.*?)\s*(?:\s#.*)?$/;
const RULE = /^([^\s:=#][^:=#]*):(?![:=])([^;#]*)(?:;(.*))?/;

/**
 * @param given variables of the command line, which win over the file's
 * @see https://www.gnu.org/software/make/manual/html_node/Reading-Makefiles.html
 */
export function readMakefile(text: string, given: ReadonlyMap<string, string> = new Map()): Makefile {
  const variables: string[] = [];
  const rules: MakeRule[] = [];
  for (const [index, line] of joined(text).entries()) {
    if (line.startsWith('\t')) {
      addToRecipe(rules, line.slice(1), index + 1);
      continue;
    }
    const [, name, operator, value = ''] = ASSIGNMENT.exec(line) ?? [];
    if (name !== undefined) {
      if (!/^\w+$/.test(name) || given.has(name)) continue;
      const written = shellText(value);
      variables.push(
        operator === '?='
          ? `${name}="\${${name}:-${written}}"`
          : `${name}${operator === '+=' ? '+=' : '='}"${written.replaceAll('"', '\\"')}"`,
      );
      continue;
    }
    const [, targets, needs = '', recipe] = RULE.exec(line) ?? [];
    if (targets === undefined || needs.includes('=')) continue;
    rules.push({ targets: wordsOf(targets), needs: wordsOf(needs), line: index + 1, recipe: '' });
    if (recipe !== undefined) addToRecipe(rules, recipe.trim(), index + 1);
  }
  return { variables: inOrder(variables).join('\n'), rules };
}

/** The rule that makes a target, and what `%` stands for in it. */
export function ruleFor(
  { rules }: Makefile,
  target: string,
): { rule: MakeRule; needs: string[]; stem: string } | undefined {
  const own = rules.filter(({ targets }) => targets.includes(target));
  // Prerequisites may stand in lines of their own.
  const needs = own.flatMap((rule) => rule.needs);
  const rule = own.find(({ recipe }) => recipe !== '') ?? own[0];
  if (rule !== undefined) return { rule, needs, stem: '' };
  for (const each of rules)
    for (const pattern of each.targets) {
      const [before, after] = pattern.split('%');
      if (after === undefined || !target.startsWith(before!) || !target.endsWith(after)) continue;
      const stem = target.slice(before!.length, target.length - after.length);
      return { rule: each, needs: each.needs.map((need) => need.replace('%', stem)), stem };
    }
  return undefined;
}

/** Make's own variables in a recipe: the target, and what `%` stands for. */
export function recipeOf({ recipe, targets }: MakeRule, target = targets[0] ?? '', stem = ''): string {
  return recipe.replaceAll(TARGET, target).replaceAll(STEM, stem);
}

const TARGET = '\u0003';
const STEM = '\u0004';

function addToRecipe(rules: readonly MakeRule[], line: string, number: number): void {
  const rule = rules.at(-1);
  if (rule === undefined) return;
  if (rule.recipe === '') rule.line = number;
  // Lines that nothing stands in keep the places right.
  const at = rule.line + rule.recipe.split('\n').length - 1;
  rule.recipe += `${'\n'.repeat(Math.max(0, number - at))}${shellText(line.replace(/^[@+-]+\s*/, ''))}\n`;
}

const wordsOf = (text: string) => shellText(text).split(/\s+/).filter(Boolean);

/** Lines of text; assignments that go on with a backslash are one, recipes are left to the shell. */
function joined(text: string): string[] {
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1)
    while (!lines[at]!.startsWith('\t') && lines[at]!.endsWith('\\') && at + 1 < lines.length) {
      const next = lines.findIndex((line, index) => index > at && line !== GONE);
      if (next < 0) break;
      lines[at] = `${lines[at]!.slice(0, -1).trimEnd()} ${lines[next]!.trim()}`;
      lines[next] = GONE;
    }
  return lines.map((line) => (line === GONE ? '' : line));
}

const GONE = '\u0005';

/** `$(NAME)` is make's, `$$` the shell's, `$(shell …)` a substitution. */
function shellText(text: string): string {
  return text
    .replace(/\$\(shell\s+((?:[^()]|\([^()]*\))*)\)/g, '\u0001$1\u0002')
    .replace(
      /\$\{(\w+)\}|\$\((\w+)\)/g,
      (_, braced: string | undefined, round: string | undefined) => `\${${braced ?? round ?? ''}}`,
    )
    .replaceAll('$@', TARGET)
    .replaceAll('$*', STEM)
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
