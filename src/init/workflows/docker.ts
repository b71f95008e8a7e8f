import { posix } from 'node:path';
import { bakeFilesIn, composeFilesIn, runBake } from './bake.js';
import type { Command } from './commands.js';
import { fullReference, isInside, newBuild, noteLeft, pathAt, splitReference } from './findings.js';
import { hasPlaceholders, onlyPlaceholder } from './placeholders.js';
import {
  isAddress,
  isExpression,
  readAttests,
  readCaches,
  readFields,
  readPair,
  readPlatforms,
  readPush,
  writePairs,
  type Pair,
} from './settings.js';
import { asExpression } from './tag-rules.js';

/** Options without a value, of docker, buildx, bake and compose. */
const SWITCHES =
  'push load no-cache pull quiet squash rm force-rm compress debug check layers print password-stdin append dry-run all-tags verbose parallel';
const SHORT: Readonly<Record<string, string>> = {
  t: 'tag',
  f: 'file',
  q: 'quiet',
  o: 'output',
  u: 'username',
  p: 'password',
  a: 'all-tags',
};

/** `--name value`, `--name=value`, `-n value`. */
function optionsOf(words: readonly string[]): { all(name: string): string[]; rest: string[] } {
  const given: [string, string][] = [];
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
  return { all: (name) => given.filter(([each]) => each === name).map(([, value]) => value), rest };
}

/** `docker build`, `docker buildx build`, `bake`, `compose`, `tag`, `push`, `login`, `imagetools`; podman's and nerdctl's too. */
export function readDocker(command: Command, program: string): void {
  const { job, place } = command;
  const words = /^(?:buildx|image|builder)$/.test(command.words[0] ?? '')
    ? command.words.slice(1)
    : command.words;
  const [verb = '', ...rest] = words;
  const inner = { ...command, words: rest };
  if (verb === 'build') readBuild(inner, `${program} build`);
  else if (verb === 'bake') readBake(inner);
  else if (verb === 'compose') readCompose(inner);
  else if (verb === 'tag') {
    const known = job.local.get(fullReference(rest[0] ?? ''));
    if (known !== undefined) job.local.set(fullReference(rest[1] ?? ''), known);
  } else if (verb === 'push') readDockerPush(inner);
  else if (verb === 'login') readLogin(inner);
  else if (verb === 'imagetools' && rest[0] === 'create')
    giveTags(inner, optionsOf(rest.slice(1)).all('tag'));
  else if (verb === 'manifest' && rest[0] === 'push') giveTags(inner, rest.slice(-1));
  else if (verb === 'run' && rest.some((word) => /kaniko/.test(word)))
    noteLeft(job.walk.findings.left, place, '`docker run` of Kaniko', 'unread');
}

function readBuild(command: Command, by: string): void {
  const { job, place, folder, filled, env } = command;
  const { all, rest } = optionsOf(command.words);
  const last = (name: string) => all(name).at(-1);
  const [written = '.', file] = [rest.at(-1), last('file')];
  const build = newBuild(place, by, job.walk.event);
  build.references = all('tag');
  build.context = pathAt(folder, written);
  build.dockerfile = file === undefined ? posix.join(build.context, 'Dockerfile') : pathAt(folder, file);
  job.did += 1;
  const isOutside = !hasPlaceholders(build.context) && !isInside(build.context);
  if (/:\/\/|^git@|^-$/.test(written) || file === '-' || isOutside)
    return noteLeft(
      job.pending,
      place,
      `\`${by}\` of ${asExpression(build.references[0] ?? written)}`,
      'elsewhere',
    );
  const target = last('target');
  if (target !== undefined) build.target = target;
  const isFilled = (text: string) => filled.some((word) => word === text || word.endsWith(`=${text}`));
  // A value that a variable holds is not written down.
  const pairOf = (text: string): Pair => (isFilled(text) ? [readPair(text)[0]] : readPair(text));
  const pairs = (name: string) => all(name).map(pairOf);
  writePairs(build, build.args, pairs('build-arg'), 'build argument');
  writePairs(build, build.labels, pairs('label'), 'label');
  for (const [name, source = ''] of all('build-context').map(readPair))
    build.contexts[name] = isAddress(source) ? source : pathAt(folder, source);
  for (const fields of all('secret').map(readFields)) {
    const [id = '', src] = [fields.get('id'), fields.get('src') ?? fields.get('source')];
    const name = fields.get('env') ?? id;
    build.secrets[id] = src === undefined ? { env: name } : { file: src };
    const value = env.get(name);
    if (src === undefined && isExpression(value)) job.walk.findings.environment[name] ??= asExpression(value);
  }
  build.platforms = all('platform').flatMap(readPlatforms);
  build.noCache = last('no-cache') === 'true';
  readAttests(build, last('provenance'), last('sbom'));
  readCaches(build, all('cache-from'), all('cache-to'));
  readPush(build, last('push'), all('output'));
  const unread = ['network', 'ssh', 'add-host', 'ulimit', 'allow', 'shm-size'].filter(
    (name) => all(name).length > 0,
  );
  if (unread.length > 0) noteLeft(build.left, place, `\`--${unread.join('`, `--')}\``, 'setting');
  job.walk.findings.builds.push(build);
  for (const reference of build.references) job.local.set(fullReference(reference), build);
}

/** `docker buildx bake`: https://docs.docker.com/reference/cli/docker/buildx/bake/ */
function readBake({ words, job, place, folder, env }: Command): void {
  const { all, rest } = optionsOf(words);
  const files = all('file').map((file) => pathAt(folder, file));
  if (all('print').length > 0 || all('check').length > 0) return;
  runBake(job, {
    ...{ place, folder, env, targets: rest, set: all('set'), isPushed: all('push').length > 0 },
    files: files.length > 0 ? files : bakeFilesIn(job.walk.repository.paths, folder),
  });
}

/** `docker compose build`, `docker compose push`: https://docs.docker.com/reference/cli/docker/compose/build/ */
function readCompose({ words, job, place, folder, env }: Command): void {
  const at = words.findIndex((word) => /^(?:build|push|up|pull|config|run|down|exec|logs|ps)$/.test(word));
  if (!['build', 'push'].includes(words[at] ?? '')) return;
  const { all, rest } = optionsOf(words.slice(at + 1));
  const files = optionsOf(words.slice(0, at))
    .all('file')
    .map((file) => pathAt(folder, file));
  runBake(job, {
    ...{
      place,
      folder,
      env,
      targets: rest,
      set: [],
      isPushed: words[at] === 'push' || all('push').length > 0,
    },
    files: files.length > 0 ? files : composeFilesIn(job.walk.repository.paths, folder),
  });
}

/** The pushed name counts, not the local one. */
function readDockerPush({ words, job, place }: Command): void {
  const { all, rest } = optionsOf(words);
  const [name = ''] = rest;
  const isSame = ([reference]: readonly [string, unknown]) =>
    splitReference(reference).repository === splitReference(name).repository;
  const found =
    all('all-tags').length > 0
      ? [...job.local].filter(isSame)
      : [[name, job.local.get(fullReference(name))] as const];
  job.did += 1;
  for (const [reference, build] of found) {
    if (build === undefined) {
      noteLeft(job.walk.findings.left, place, `\`docker push ${asExpression(name)}\``, 'unread');
      continue;
    }
    if (build.published !== 'yes') build.references = [];
    build.published = 'yes';
    const at = /^metadata (\d+) tags\b/.exec(onlyPlaceholder(reference) ?? '')?.[1];
    if (at !== undefined) build.metadata = job.walk.metadata[Number(at)]!;
    else if (!build.references.includes(fullReference(reference)))
      build.references.push(fullReference(reference));
  }
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
      // Tags of one platform existed to be joined.
      if (build.published !== 'by-digest') build.references = [];
      build.published = 'by-digest';
      build.references.push(tag);
    }
  }
}

function readLogin({ words, job, place, input }: Command): void {
  const { all, rest } = optionsOf(words);
  const host = (rest[0] ?? 'docker.io').replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  const [username, password] = [all('username')[0], all('password')[0] ?? input];
  const { logins, keptLogins } = job.walk.findings;
  job.did += 1;
  const isWritten = isExpression(password) && isExpression(username);
  if (!hasPlaceholders(host) && !logins.some((login) => login.host === host))
    logins.push({
      host,
      ...(isWritten && { username: asExpression(username), password: asExpression(password) }),
    });
  if (isWritten || host === 'ghcr.io') return;
  if (!keptLogins.some((each) => each.startsWith('docker login')))
    keptLogins.push(`docker login (${place.file}:${place.line ?? 1})`);
  noteLeft(job.pending, place, `the login to ${asExpression(host)}`, 'login');
}
