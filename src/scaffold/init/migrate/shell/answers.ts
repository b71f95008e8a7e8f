import { posix } from 'node:path';
import { hasHoles, hole, mapText, onlyHole } from '../holes.js';
import { pathAt } from '../paths.js';
import { WORKSPACE } from '../scenarios.js';
import { filesMatching } from './globs.js';
import type { Call, Shell } from './shell.js';
import { shortened } from './variables.js';

type Answer = (words: readonly string[], call: Call, around: Surroundings) => string | undefined;

/** What a command may look at beside its words. */
export interface Surroundings {
  variable(name: string): string | undefined;
  /** A manifest of the repository. Any other file says another thing in the next release, so it is not read now. */
  manifest(path: string): string | undefined;
  files(pattern: string): string[];
}

export function surroundingsOf(shell: Shell, variable: Surroundings['variable']): Surroundings {
  return {
    variable,
    manifest: (path) => (/\.ya?ml$/.test(path) ? shell.read(pathAt(shell.folder, path)) : undefined),
    files: (pattern) => filesMatching(pattern, shell.folder, shell.paths),
  };
}

/** What a command prints that only computes something; undefined: known only when it runs. */
export function answerOf(call: Call, around: Surroundings): string | undefined {
  const [program = '', ...words] = call.words;
  const name = program.replace(/^\/(?:usr\/)?bin\//, '');
  return Object.hasOwn(ANSWERS, name) ? ANSWERS[name]!(words, call, around) : undefined;
}

const plain = (words: readonly string[]) => words.filter((word) => !/^-[a-zA-Z]+$/.test(word));

const ANSWERS: Readonly<Record<string, Answer>> = {
  true: () => '',
  ':': () => '',
  echo: (words) => plain(words).join(' '),
  printf: (words) => {
    const [format = '', ...values] = words[0] === '--' ? words.slice(1) : words;
    let at = 0;
    return format
      .replace(/%[sd]/g, () => values[at++] ?? '')
      .replace(/\\n$/, '')
      .replaceAll('\\n', '\n');
  },
  pwd: (_, { folder }) => (folder === '.' ? WORKSPACE : posix.join(WORKSPACE, folder)),
  cat: ([path], { input }, { manifest }) => (path === undefined ? input : manifest(path)),
  envsubst: (_, { input }, { variable }) =>
    input?.replace(/\$\{(\w+)\}|\$(\w+)/g, (whole, braced: string | undefined, bare: string | undefined) => {
      return variable(braced ?? bare ?? '') ?? whole;
    }),
  ls: (words, _, { files }) => {
    const [path = '.'] = plain(words);
    if (hasHoles(path)) return undefined;
    const found = files(/[*?]/.test(path) ? path : `${path.replace(/\/$/, '')}/*`);
    const isWhole = words.includes('-d') || /[*?]/.test(path);
    return found.map((name) => (isWhole ? name : posix.basename(name))).join('\n') || undefined;
  },
  tee: (_, { input }) => input,
  xargs: (_, { input }) => input,
  // Who reads it wants to know of which folder it is.
  tar: (words, { folder }) => {
    const at = words.findIndex((word) => word === '-C' || word === '--directory');
    return hole(`tar of ${pathAt(folder, words[at + 1] ?? '.')}`);
  },
  dirname: ([path = '']) => (hasHoles(path) ? undefined : posix.dirname(path)),
  basename: ([path = '', suffix]) => (hasHoles(path) ? undefined : posix.basename(path, suffix)),
  realpath: (words, { folder }) => fromWorkspace(folder, plain(words)[0]),
  readlink: (words, { folder }) => fromWorkspace(folder, plain(words)[0]),
  tr: (words, { input }) => translate(words, input),
  awk: (words, { input }) =>
    input !== undefined && words.some((word) => word.includes('tolower')) ? lower(input) : undefined,
  sed: (words, { input }, { manifest }) => {
    const [script, path] = plain(words);
    return substitute(script, path === undefined ? input : manifest(path));
  },
  cut: (words, { input }) => cut(words.join(' ').replace(/-([cdf]) /g, '-$1'), input),
  head: (words, { input }) => {
    const [, length] = /-c\s*(\d+)/.exec(words.join(' ')) ?? [];
    const name = input === undefined ? undefined : onlyHole(input);
    return length !== undefined && name !== undefined ? shortened(name, Number(length)) : input;
  },
  date: (words) => dateHole(words.find((word) => word.startsWith('+'))?.slice(1)),
  git: (words) => gitAnswer(withoutFolder(words)),
};

function fromWorkspace(folder: string, path: string | undefined): string | undefined {
  if (path === undefined || hasHoles(path)) return undefined;
  const at = pathAt(folder, path);
  return at.startsWith('/') ? at : posix.join(WORKSPACE, at);
}

const lower = (text: string) => mapText(text, (fixed) => fixed.toLowerCase());

function translate([from = '', to = '']: readonly string[], input: string | undefined): string | undefined {
  if (input === undefined) return undefined;
  if (/upper|A-Z/.test(from)) return lower(input);
  if (from === '-d')
    return mapText(input, (fixed) => [...fixed].filter((character) => !to.includes(character)).join(''));
  // Names of branches lose what can't stand in a tag anyhow.
  return from.length === 1 && to.length === 1
    ? mapText(input, (fixed) => fixed.replaceAll(from, to))
    : undefined;
}

/** `s/from/to/g` with fixed text; on a ref, the prefixes that everybody takes off. */
function substitute(script: string | undefined, input: string | undefined): string | undefined {
  const [, , from, to, flags] = /^s([/|#,@:])(.*?)\1(.*?)\1(g?)$/.exec(script ?? '') ?? [];
  if (input === undefined || from === undefined || to === undefined) return undefined;
  const name = onlyHole(input);
  const bare = from.replace(/^\^/, '').replaceAll('\\/', '/').replaceAll('\\', '');
  if (name === 'tag' && bare === 'v' && to === '') return hole('version');
  // `s,.*/\(.*\),\1,`: what stands behind the last slash.
  if (name === 'ref' && /^\.\*\//.test(bare.replace('^', '')) && /^\\1$/.test(to)) return hole('ref_name');
  if (name === 'ref' && to === '') return hole(bare === 'refs/tags/v' ? 'version' : 'ref_name');
  if (name !== undefined) return input;
  if (/[.*+?[\]()]/.test(from.replaceAll('\\.', ''))) return undefined;
  return mapText(input, (fixed) => (flags === 'g' ? fixed.replaceAll(bare, to) : fixed.replace(bare, to)));
}

const VERSION_FIELDS: Readonly<Record<string, string>> = {
  '1': 'major version',
  '1,2': 'minor version',
  '1-2': 'minor version',
  '-2': 'minor version',
};

function cut(options: string, input: string | undefined): string | undefined {
  if (input === undefined) return undefined;
  const name = onlyHole(input);
  const [, length] = /-c(?:1)?-(\d+)/.exec(options) ?? [];
  if (length !== undefined)
    return name === undefined ? input.slice(0, Number(length)) : shortened(name, Number(length));
  const [, separator = '\t', fields = ''] = /-d['"]?(.)['"]? -f(\S+)$/.exec(options) ?? [];
  const [field] = /^\d+$/.exec(fields) ?? [];
  const ofVersion = VERSION_FIELDS[fields];
  if (name === 'version' && separator === '.' && ofVersion !== undefined) return hole(ofVersion);
  if (field === undefined) return undefined;
  if (name === 'ref') return separator === '/' && field === '3' ? hole('ref_name') : undefined;
  return hasHoles(input) ? undefined : (input.split(separator)[Number(field) - 1] ?? '');
}

/** strftime to moment: https://momentjs.com/docs/#/displaying/format/ */
const DATE_FIELDS: Readonly<Record<string, string>> = {
  Y: 'YYYY',
  y: 'YY',
  m: 'MM',
  d: 'DD',
  H: 'HH',
  M: 'mm',
  S: 'ss',
  s: 'X',
  F: 'YYYY-MM-DD',
  T: 'HH:mm:ss',
};

function dateHole(format: string | undefined): string | undefined {
  if (format === undefined) return undefined;
  let known = true;
  const moment = format.replaceAll(
    /%(.)|([A-Za-z]+)/g,
    (whole, field: string | undefined, text: string | undefined) => {
      if (text !== undefined) return `[${text}]`;
      const written = DATE_FIELDS[field ?? ''];
      known &&= written !== undefined;
      return written ?? whole;
    },
  );
  return known ? hole(`date ${moment}`) : undefined;
}

function withoutFolder(words: readonly string[]): readonly string[] {
  return words[0] === '-C' ? words.slice(2) : words;
}

function gitAnswer([verb = '', ...words]: readonly string[]): string | undefined {
  const all = words.join(' ');
  if (verb === 'rev-parse') {
    if (/--show-toplevel/.test(all)) return WORKSPACE;
    if (/--abbrev-ref/.test(all)) return hole('branch');
    const [, length] = /--short(?:=(\d+))?(?=\s|$)/.exec(all) ?? [];
    if (/--short/.test(all)) return shortened('sha', length === undefined ? 7 : Number(length));
    return /\bHEAD\b|GITHUB_SHA|\{ sha \}/.test(all) ? hole('sha') : undefined;
  }
  if (verb === 'branch' && /--show-current/.test(all)) return hole('branch');
  if (verb === 'symbolic-ref') return hole('branch');
  if (verb === 'log' || verb === 'show') {
    const [, format] = /--(?:pretty|format)=(?:format:)?["']?(%[hH])["']?(?=\s|$)/.exec(all) ?? [];
    return format === undefined ? undefined : hole(format === '%h' ? 'sha7' : 'sha');
  }
  if (verb === 'describe') return hole(`$(git describe ${all})`);
  return undefined;
}
