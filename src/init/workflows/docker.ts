import { composeFilesIn, runBake } from './bake.js';
import { noteLogin, readBuild, readFields } from './builds.js';
import type { Command } from './commands.js';
import { fullReference, noteLeft, pathAt, splitReference } from './findings.js';
import { asExpression, onlyPlaceholder } from './placeholders.js';

/** Options without a value, of docker, buildx, bake and compose. */
const SWITCHES =
  'push load no-cache pull quiet squash rm force-rm compress debug check layers print password-stdin append dry-run all-tags verbose parallel';
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
const UNREAD = /^(?:quiet|progress|squash|rm|force-rm|compress|debug|check|layers|iidfile|metadata-file)$/;

function readDockerBuild({ job, place, folder, words, filled, env }: Command, by: string): void {
  const { given, rest } = optionsOf(words);
  const values = new Map([['context', rest.at(-1) ?? '.']]);
  const written = new Map<string, string>();
  const add = (to: Map<string, string>, name: string, text: string) =>
    to.set(name, to.has(name) ? `${to.get(name)}\n${text}` : text);
  for (const [option, text] of given) {
    const name = Object.hasOwn(INPUTS, option) ? INPUTS[option]! : option;
    if (UNREAD.test(name)) continue;
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
  const found = by === 'bake' ? undefined : composeFilesIn(job.walk.repository.paths, folder);
  const isPushed = verb === 'push' || all('push').length > 0;
  const files = named.length > 0 ? named : found;
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
