import { posix } from 'node:path';
import { noteReplaced } from '../findings.js';
import { readMakefile, recipeOf, ruleFor, type Makefile } from '../makefile.js';
import { pathAt } from '../paths.js';
import type { Variables } from '../shell/variables.js';
import type { Command, Session } from './session.js';
import type { Place } from '../../../../lib/errors.js';

const NAMES = ['GNUmakefile', 'makefile', 'Makefile'];
const DEEPEST = 4;

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
  if (file === undefined || session.depth >= DEEPEST) return;
  const makefile = readMakefile(file.text, options.given);
  const before = new Map(session.variables);
  const touched = session.touched;
  for (const [name, value] of options.given) session.variables.set(name, value);
  session.variables.set('MAKE', 'make');
  session.depth += 1;
  const start: Place = { file: file.path, line: 1 };
  follow(session, makefile.variables, { place: start, folder });
  const done = new Set<string>();
  const make = (target: string): void => {
    if (done.has(target)) return;
    done.add(target);
    const found = ruleFor(makefile, target);
    if (found === undefined) return;
    for (const need of found.needs) make(need);
    const text = recipeOf(found.rule, target, found.stem);
    if (text !== '') follow(session, text, { place: { file: file.path, line: found.rule.line }, folder });
  };
  for (const target of options.targets.length > 0 ? options.targets : firstTarget(makefile)) make(target);
  session.depth -= 1;
  restore(session.variables, before);
  if (session.touched === touched) return;
  session.findings.followed.push(file.path);
  noteReplaced(
    session.findings,
    place,
    `make ${options.targets.join(' ')}`.trim(),
    'image-release.yml and the workflow',
  );
}

function restore(variables: Variables, before: Variables): void {
  variables.clear();
  for (const [name, value] of before) variables.set(name, value);
}

const firstTarget = ({ rules }: Makefile) =>
  rules
    .flatMap(({ targets }) => targets)
    .filter((target) => !/^\.|%/.test(posix.basename(target)))
    .slice(0, 1);

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
