import { posix } from 'node:path';
import { noteReplaced } from '../findings.js';
import { readMakefile, recipeOf, ruleFor, type Makefile } from '../makefile.js';
import { pathAt } from '../paths.js';
import { keepingAll } from '../shell/assignments.js';
import { deeper, type Command, type Session } from './session.js';
import type { Place } from '../../../../lib/errors.js';

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
  const makefile = readMakefile(file.text, options.given);
  const run = (): void => {
    for (const [name, value] of options.given) session.variables.set(name, value);
    session.variables.set('MAKE', 'make');
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
