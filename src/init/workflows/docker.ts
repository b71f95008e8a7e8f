import type { TextFile } from '../../facts/build-files-checkout.js';
import { readYaml } from '../../lib/yaml-value.js';
import { isExpression, noteLogin, readBuild, readFields } from './builds.js';
import type { Command } from './commands.js';
import { fullReference, noteLeft, pathAt, splitReference, type BakeRun } from './findings.js';
import type { Job } from './jobs.js';
import { asExpression, hasPlaceholders, onlyPlaceholder } from './placeholders.js';

/** Options without a value, of docker, buildx, bake and compose. */
const SWITCHES =
  'push load no-cache pull quiet squash rm force-rm compress debug check layers print password-stdin append dry-run all-tags verbose parallel compatibility all-resources with-dependencies';
const SHORT: Readonly<Record<string, string>> = {
  ...{ t: 'tag', f: 'file', q: 'quiet', o: 'output', u: 'username', p: 'password' },
};

/** `--name value`, `--name=value`, `-n value` */
function optionsOf(words: readonly string[]) {
  const given: [name: string, value: string][] = [];
  const rest: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    const [, dashes, name = '', value] = /^(--?)([a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === '') {
      rest.push(word);
      continue;
    }
    const long = dashes === '-' ? (SHORT[name[0]!] ?? name) : name;
    const inline = dashes === '-' && name.length > 1 ? word.slice(2) : value;
    given.push([long, inline ?? (SWITCHES.split(' ').includes(long) ? 'true' : (words[(at += 1)] ?? ''))]);
  }
  return { given, rest, all: (name: string) => given.filter(([each]) => each === name).map(([, value]) => value) };
}

/** `docker build`, `buildx build`, `bake`, `compose`, `tag`, `push`, `login`, `imagetools`; podman's and nerdctl's too. */
export function readDocker(command: Command, program: string): void {
  const { job, place } = command;
  const isGroup = /^(?:buildx|image|builder)$/.test(command.words[0] ?? '');
  const [verb = '', ...rest] = isGroup ? command.words.slice(1) : command.words;
  const inner = { ...command, words: rest };
  if (verb === 'build') readDockerBuild(inner, `${program} build`);
  else if (verb === 'bake' || verb === 'compose') readBake(inner, verb);
  else if (verb === 'tag') {
    const known = job.local.get(fullReference(rest[0] ?? ''));
    if (known !== undefined) job.local.set(fullReference(rest[1] ?? ''), known);
  } else if (verb === 'push') readPush(inner);
  else if (verb === 'login') readLogin(inner);
  else if (verb === 'imagetools' && rest[0] === 'create') giveTags(inner, optionsOf(rest.slice(1)).all('tag'));
  else if (verb === 'manifest' && rest[0] === 'push') giveTags(inner, rest.slice(-1));
  else if (verb === 'run' && rest.some((word) => /kaniko/.test(word)))
    noteLeft(job.walk.findings.left, place, '`docker run` of Kaniko', 'unread');
}

const INPUTS: Readonly<Record<string, string>> = {
  ...{ tag: 'tags', 'build-arg': 'build-args', label: 'labels', annotation: 'annotations' },
  ...{ 'build-context': 'build-contexts', platform: 'platforms', output: 'outputs', attest: 'attests' },
};

function readDockerBuild({ job, place, folder, words, filled, env }: Command, by: string): void {
  const { given, rest } = optionsOf(words);
  const values = new Map([['context', rest.at(-1) ?? '.']]);
  const written = new Map<string, string>();
  const add = (to: Map<string, string>, name: string, text: string) =>
    to.set(name, to.has(name) ? `${to.get(name)}\n${text}` : text);
  for (const [option, text] of given) {
    const name = Object.hasOwn(INPUTS, option) ? INPUTS[option]! : option;
    if (name === 'secret') {
      const fields = readFields(text);
      const [id = '', source] = [fields.get('id'), fields.get('src') ?? fields.get('source')];
      if (source === undefined) add(values, 'secret-envs', `${id}=${fields.get('env') ?? id}`);
      else add(values, 'secret-files', `${id}=${source}`);
      continue;
    }
    const isList = name.endsWith('s') || name.startsWith('cache-');
    if (isList) add(values, name, text);
    else values.set(name, text);
    const isFilled = filled.some((word) => word === text || word.endsWith(`=${text}`));
    add(written, name, isFilled ? text.split('=')[0]! : text);
  }
  readBuild({ job, place, by, folder, values, written, env });
}

/** https://docs.docker.com/reference/cli/docker/buildx/bake/ and https://docs.docker.com/reference/cli/docker/compose/ */
function readBake({ words, job, place, folder, env }: Command, by: 'bake' | 'compose'): void {
  const { all, rest } = optionsOf(words);
  const [verb, targets] = by === 'bake' ? ['build', rest] : [rest[0] ?? '', rest.slice(1)];
  if (!['build', 'push'].includes(verb) || all('print').length > 0 || all('check').length > 0) return;
  const named = all('file').map((file) => pathAt(folder, file));
  const isPushed = verb === 'push' || all('push').length > 0;
  const files = named.length > 0 ? named : defaultFiles(job.walk.repository.paths, folder, by);
  runBake(job, { place, folder, env, targets, set: all('set'), isPushed, files });
}

/** The pushed name counts, not the local one. */
function readPush({ words, job, place }: Command): void {
  const { rest } = optionsOf(words);
  const [name = ''] = rest;
  const reference = fullReference(name);
  const build = job.local.get(reference);
  job.did += 1;
  if (build === undefined)
    return noteLeft(job.walk.findings.left, place, `\`docker push ${asExpression(name)}\``, 'unread');
  if (build.published !== 'yes') build.references = [];
  build.published = 'yes';
  const at = /^metadata (\d+) tags\b/.exec(onlyPlaceholder(name) ?? '')?.[1];
  if (at !== undefined) build.metadata = job.walk.metadata[Number(at)]!;
  else if (!build.references.includes(reference)) build.references.push(reference);
}

/** Tags for joined images of one platform each. */
function giveTags({ job, place }: Command, tags: readonly string[]): void {
  const { findings, event } = job.walk;
  const ofEvent = findings.builds.filter(
    (build) => build.event === event.kind && build.ref === event.ref && build.published !== 'no',
  );
  job.did += 1;
  job.joins = ofEvent.length > 0;
  for (const tag of tags.filter((each) => !/^\$\{\{ (?:metadata|\$)/.test(each))) {
    const { repository } = splitReference(tag);
    const builds = ofEvent.filter(({ references }) =>
      references.some((each) => splitReference(each).repository === repository),
    );
    if (builds.length === 0) noteLeft(findings.left, place, `the further tag ${asExpression(tag)}`, 'tag');
    for (const build of builds) {
      // Tags of one platform existed only to be joined.
      if (build.published !== 'by-digest') build.references = [];
      build.published = 'by-digest';
      build.references.push(tag);
    }
  }
}

function readLogin({ words, job, place, input }: Command): void {
  const { all, rest } = optionsOf(words);
  const [username, password] = [all('username')[0], all('password')[0] ?? input];
  noteLogin(job, { place, by: 'docker login', host: rest[0] ?? 'docker.io', username, password });
}

/** https://docs.docker.com/build/bake/reference/#file-format */
export const BAKE_FILES = ['', '.override'].flatMap((kind) => [`docker-bake${kind}.json`, `docker-bake${kind}.hcl`]);
const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/** The files that bake or compose reads if none is named. */
export function defaultFiles(paths: readonly string[], folder: string, by: 'bake' | 'compose'): string[] {
  const existing = (names: readonly string[]) =>
    names.map((name) => pathAt(folder, name)).filter((path) => paths.includes(path));
  const bakes = by === 'bake' ? existing(BAKE_FILES) : [];
  return bakes.length > 0 ? bakes : existing(COMPOSE_FILES).slice(0, 1);
}

interface Run extends Pick<BakeRun, 'place' | 'files' | 'targets' | 'metadata'> {
  folder: string;
  set: readonly string[];
  env: ReadonlyMap<string, string>;
  isPushed: boolean;
}

/** A file that stays the place where images are described; settings of the command are reported. */
export function runBake(job: Job, { folder, set, env, isPushed, ...run }: Run): void {
  const { event, findings, repository } = job.walk;
  const { files } = run;
  const name = files.join(', ') || 'a bake file that is not in git';
  const texts = files.map((path) => repository.files.find((file) => file.path === path)?.text);
  job.did += 1;
  if (texts.length === 0 || texts.includes(undefined))
    return noteLeft(findings.left, run.place, `the build of ${name}`, 'unread');
  const published = isPushed || set.some((line) => /output=.*type=registry|push=true/.test(line)) ? 'yes' : 'no';
  const targets = run.targets.filter((target) => target !== 'default' && !hasPlaceholders(target));
  const made: BakeRun = {
    ...{ ...run, targets, event: event.kind, ref: event.ref, published, environment: {}, left: [] },
  };
  const used = [...env].filter(([variable]) => texts.some((text) => new RegExp(`\\b${variable}\\b`).test(text!)));
  const own = set.filter((line) => !/\.(?:cache-(?:from|to)|output|push|load|pull|tags)\b/.test(line));
  for (const [variable, value] of used)
    if (isExpression(value)) made.environment[variable] = asExpression(value);
    else own.push(variable);
  if (folder !== '.') own.push(`the folder ${folder}`);
  own.push(...run.targets.filter(hasPlaceholders));
  if (own.length > 0) noteLeft(made.left, run.place, `\`${own.map(asExpression).join('`, `')}\` for ${name}`, 'bake');
  findings.bakes.push(made);
}

/** Targets of bake files and services of compose files, by name, with literal names of their images. */
export function targetsIn(files: readonly TextFile[], asked: readonly string[]) {
  const isCompose = files.every(({ path }) => /\.ya?ml$/.test(path));
  const blocks = files.flatMap((file) => (/\.ya?ml$/.test(file.path) ? servicesIn(file) : blocksIn(file)));
  const wanted = new Set(asked.length > 0 ? asked : isCompose ? blocks.map(({ name }) => name) : ['default']);
  // A set grows while it is walked through, and has each name once.
  for (const name of wanted)
    for (const block of blocks)
      if (block.isGroup && block.name === name) for (const each of block.targets) wanted.add(each);
  const targets = blocks.filter(({ isGroup, name }) => !isGroup && wanted.has(name));
  return [...new Map(targets.map((block) => [block.name, block])).values()].map(({ name, tags: [tag = '$'] }) => {
    const image = splitReference(tag).repository;
    return { name, image: image.includes('$') ? undefined : image };
  });
}

/** The heads of blocks, and the literal items of two of their lists: bake itself reads the rest. */
function blocksIn({ text }: TextFile) {
  const bare = text.replace(/^\s*(?:#|\/\/).*$/gm, '');
  return [...bare.matchAll(/^(target|group)\s+"([^"]+)"\s*\{(?:[^\n]*\}$|([^]*?)^\})/gm)].map(
    ([, kind, name, body = '']) => {
      const list = (key: string) => {
        const items = new RegExp(`^\\s*${key}\\s*=\\s*\\[([^\\]]*)\\]`, 'm').exec(body)?.[1] ?? '';
        return [...items.matchAll(/"([^"]+)"/g)].map(([, item]) => item!);
      };
      return { isGroup: kind === 'group', name: name!, targets: list('targets'), tags: list('tags') };
    },
  );
}

function servicesIn(file: TextFile): ReturnType<typeof blocksIn> {
  const services = (readYaml(file)[0]?.at('services')?.entries() ?? []).filter(({ value }) => value?.at('build'));
  return services.map(({ name, value }) => {
    return { isGroup: false, name, targets: [], tags: [value?.at('image')?.text ?? []].flat() };
  });
}
