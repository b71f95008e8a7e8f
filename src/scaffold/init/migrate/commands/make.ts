import type { Place } from '../../../../lib/errors.js';
import type { RepositoryFile } from '../../found.js';
import { noFindings, noteLeft, noteReplaced } from '../findings.js';
import { hole } from '../holes.js';
import { expandMake, stemOf, within, wordsOf } from '../make/expand.js';
import { Makefile, type MakeRule } from '../make/makefile.js';
import { pathAt } from '../paths.js';
import { concreteIn, WORKSPACE } from '../scenarios.js';
import { keepingAll } from '../shell/assignments.js';
import { filesMatching } from '../shell/globs.js';
import { textOf } from '../shell/variables.js';
import { deeper, type Command, type Session } from './session.js';

const NAMES = ['GNUmakefile', 'makefile', 'Makefile'];

/** Follows a script in a session; `commands.ts` has it, and asks readers of commands that run others. */
export type Follow = (session: Session, text: string, at: { place: Place; folder: string }) => unknown;

/** `make docker-build docker-push IMG=…`: the recipes of these targets, after those that they need. */
export function readMake({ words, call, session, place }: Command, follow: Follow): void {
  const options = optionsOf(words);
  const folder = pathAt(call.folder, options.folder ?? '.');
  const names = options.file === undefined ? NAMES : [options.file];
  const file = session.repository.files.find(({ path }) =>
    names.some((name) => path === pathAt(folder, name)),
  );
  if (file === undefined) return;
  const run = (): void => {
    for (const [name, value] of options.given) session.variables.set(name, value);
    const making = new Making(file, folder, options.given, session, follow);
    making.run(options.targets.length > 0 ? options.targets : making.firstTarget());
  };
  if (!deeper(session, () => keepingAll(session.variables, run))) return;
  session.findings.followed.push(file.path);
  noteReplaced(
    session.findings,
    place,
    `make ${options.targets.join(' ')}`.trim(),
    'image-release.yml and the workflow',
  );
}

/** A Makefile that nothing calls: all that somebody may ask it for. */
export function readWholeMakefile(
  file: RepositoryFile,
  folder: string,
  session: Session,
  follow: Follow,
): void {
  const making = new Making(file, folder, new Map(), session, follow);
  making.run(making.askedTargets());
}

/** Words of a line that `make` stands in. */
const CALLS_MAKE = /(?:\$[({]MAKE[)}]|\bmake)\s+(.*)/;

class Making {
  readonly #makefile: Makefile;
  readonly #done = new Set<string>();

  constructor(
    file: RepositoryFile,
    private readonly folder: string,
    given: ReadonlyMap<string, string>,
    private readonly session: Session,
    private readonly follow: Follow,
  ) {
    const { repository, scenario, variables } = session;
    variables.set('MAKE', 'make');
    variables.set('CURDIR', pathAt(WORKSPACE, folder));
    this.#makefile = new Makefile(file.path, file.text, {
      given,
      environment: (name) => textOf(variables.get(name)),
      read: (path) => repository.files.find((each) => each.path === path)?.text,
      concrete: (text) => concreteIn(scenario, text),
      files: (pattern) => filesMatching(pattern, folder, repository.paths),
      shell: (script) => this.#printed(script, file.path),
    });
    for (const { line, file: path, text, concerns } of this.#makefile.open)
      if (/docker|podman|image|img|tag|registry|platform|version|push/i.test(concerns))
        noteLeft(
          session.findings,
          { file: path, line },
          `\`${text}\`, which only a run knows`,
          'It is taken as if the two sides differed; compare names, tags and arguments with the proposal.',
        );
    session.findings.followed.push(...this.#makefile.included);
    for (const [name, value] of this.#makefile.exports()) variables.set(name, value);
  }

  firstTarget(): string[] {
    return this.#targets().slice(0, 1);
  }

  /** Those that no recipe makes with settings of its own; what pushes alone comes after what builds. */
  askedTargets(): string[] {
    const recipes = this.#makefile.rules.flatMap(({ recipe }) => recipe.map(({ text }) => text));
    const called = recipes.flatMap((text) => wordsOf(CALLS_MAKE.exec(text)?.[1] ?? ''));
    const pushesAlone = (target: string) => {
      const text = (this.#ruleFor(target)?.rule.recipe ?? []).map((each) => each.text).join('\n');
      return Number(/\bpush\b/.test(text) && !/\bbuild\b/.test(text));
    };
    return this.#targets()
      .filter((target) => !called.includes(target))
      .sort((a, b) => pushesAlone(a) - pushesAlone(b));
  }

  #targets(): string[] {
    const all = this.#makefile.rules.flatMap(({ targets }) => targets);
    return [...new Set(all)].filter((target) => !/^\.[A-Z]/.test(target) && !target.includes('%'));
  }

  run(targets: readonly string[]): void {
    for (const target of targets) this.#make(target);
  }

  #make(target: string): void {
    if (this.#done.has(target)) return;
    this.#done.add(target);
    const found = this.#ruleFor(target);
    const own = this.#makefile.specific.filter((each) => each.target === target);
    this.#makefile.during(
      own.map(({ assignment }) => assignment),
      () => {
        if (found === undefined) return;
        this.run(found.needs);
        this.#runRecipe(
          found.rule,
          new Map([
            ['@', target],
            ['*', found.stem],
            ['<', found.needs[0] ?? ''],
            ['^', found.needs.join(' ')],
          ]),
        );
      },
    );
  }

  /** Each command has a shell of its own. */
  #runRecipe({ recipe, file }: MakeRule, automatic: ReadonlyMap<string, string>): void {
    const { session, folder, follow } = this;
    const isOneShell = this.#makefile.rules.some(({ targets }) => targets.includes('.ONESHELL'));
    for (const { line, text } of isOneShell ? joined(recipe) : recipe) {
      const script = expandMake(text, within(this.#makefile.scope, automatic)).replace(
        /^[@+\s-]+/gm,
        (lead, at: number) => (at === 0 ? '' : lead),
      );
      keepingAll(session.variables, () => follow(session, script, { place: { file, line }, folder }));
    }
  }

  /** A rule of its own comes before one with a pattern; prerequisites may stand in lines of their own. */
  #ruleFor(target: string): { rule: MakeRule; needs: string[]; stem: string } | undefined {
    const { rules } = this.#makefile;
    const own = rules.filter(({ targets }) => targets.includes(target));
    const needs = own.flatMap((rule) => {
      const stem = stemOf(rule.pattern ?? '', target) ?? '';
      return rule.needs.map((need) => need.replace('%', stem));
    });
    const patterned = rules.flatMap((rule) =>
      rule.targets.flatMap((pattern) => {
        const stem = pattern.includes('%') ? stemOf(pattern, target) : undefined;
        return stem === undefined
          ? []
          : [{ rule, stem, needs: rule.needs.map((need) => need.replace('%', stem)) }];
      }),
    );
    const rule = own.find(({ recipe }) => recipe.length > 0);
    if (rule !== undefined) return { rule, needs, stem: stemOf(rule.pattern ?? '', target) ?? '' };
    const [match] = patterned.filter((each) => each.rule.recipe.length > 0);
    if (match !== undefined) return { ...match, needs: [...needs, ...match.needs] };
    return own[0] && { rule: own[0], needs, stem: '' };
  }

  #printed(script: string, path: string): string | undefined {
    const aside: Session = {
      ...this.session,
      findings: noFindings(),
      variables: new Map(this.session.variables),
    };
    const name = 'PRINTED';
    this.follow(aside, `${name}=$(${script})`, { place: { file: path, line: 1 }, folder: this.folder });
    const said = textOf(aside.variables.get(name));
    return said === hole(`$(${script})`) ? undefined : said;
  }
}

/** `.ONESHELL`: all commands of a recipe are one script. */
function joined(recipe: MakeRule['recipe']): MakeRule['recipe'] {
  const [first] = recipe;
  return first === undefined ? [] : [{ line: first.line, text: recipe.map(({ text }) => text).join('\n') }];
}

function optionsOf(words: readonly string[]) {
  const given = new Map<string, string>();
  const targets: string[] = [];
  let folder: string | undefined;
  let file: string | undefined;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    const [, name, value = ''] = /^(\w+)(?::|\?)?=(.*)$/s.exec(word) ?? [];
    if (name !== undefined) given.set(name, value);
    else if (word === '-C' || word === '--directory') folder = words[(at += 1)];
    else if (word === '-f' || word === '--file') file = words[(at += 1)];
    else if (!word.startsWith('-')) targets.push(word);
  }
  return {
    given,
    targets,
    ...(folder !== undefined && { folder }),
    ...(file !== undefined && { file }),
  };
}
