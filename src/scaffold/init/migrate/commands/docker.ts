import { fullReference, splitReference, type Build } from '../build.js';
import { LOGIN, noteLogin, noteReplaced } from '../findings.js';
import { hasHoles, onlyHole } from '../holes.js';
import { asExpression, isExpression } from '../tag-rules.js';
import { publishBaked, readBake, readCompose } from './bake.js';
import { readDockerBuild } from './docker-build.js';
import { readOptions } from './options.js';
import { addBuild, leave, type Command, type Session } from './session.js';

type Verb = (command: Command, by: string) => void;

/** Verbs of docker, podman, nerdctl and buildah, which share their grammar. */
const VERBS: Readonly<Record<string, Verb>> = {
  build,
  bud: build,
  bake: readBake,
  compose: readCompose,
  tag: ({ words, session }) => {
    const [from = '', ...to] = words.filter((word) => !word.startsWith('-'));
    const known = session.local.get(fullReference(from));
    for (const name of to) if (known !== undefined) session.local.set(fullReference(name), known);
    session.touched += 1;
  },
  push,
  login,
  imagetools: (command) => {
    const { values } = readOptions(command.words.slice(1), new Set(['dry-run', 'append']), {
      t: 'tag',
      f: 'file',
    });
    putTags(command, values.get('tag') ?? []);
  },
  manifest: (command) => {
    const [verb, ...words] = command.words;
    if (verb === 'push') putTags(command, words.filter((word) => !word.startsWith('-')).slice(-1));
    command.session.touched += 1;
  },
};

/** Verbs that set the builder up, which a release does by itself. */
const SET_UP = new Set([
  'create',
  'use',
  'inspect',
  'ls',
  'version',
  'info',
  'rm',
  'context',
  'prune',
  'logout',
  'images',
  'rmi',
  'du',
  'system',
]);

export function readDocker(command: Command): void {
  const [program = ''] = command.call.words;
  const words = command.words.filter((word, index) => !(index === 0 && word === '--debug'));
  const groups = ['buildx', 'image', 'builder'];
  const isGrouped = groups.includes(words[0] ?? '');
  const [verb = '', ...rest] = isGrouped ? words.slice(1) : words;
  const by = [program.split('/').at(-1)!, ...(isGrouped ? [words[0]!] : []), verb].join(' ');
  if (SET_UP.has(verb)) command.session.touched += 1;
  else VERBS[verb]?.({ ...command, words: rest }, by);
}

function build(command: Command, by: string): void {
  const read = readDockerBuild(command, by);
  if (read !== undefined) addBuild(command, read);
}

function push(command: Command): void {
  const { session, words } = command;
  const options = words.filter((word) => word.startsWith('-'));
  const plain = words.filter((word) => !word.startsWith('-'));
  // `buildah push local docker://there`
  const [name = '', destination] = plain;
  const known = session.local.get(fullReference(name));
  session.touched += 1;
  const all = options.some((option) => option === '--all-tags' || option === '-a');
  const { repository } = splitReference(name);
  const pushed = all
    ? [...session.local].filter(([reference]) => splitReference(reference).repository === repository)
    : known === undefined
      ? []
      : [[destination?.replace(/^docker:\/\//, '') ?? name, known] as const];
  // Of an image that stands in the registry already: `docker pull`, `docker tag`, `docker push`.
  if (pushed.length === 0 && !publishBaked(command, name)) promote(command, name);
  for (const [reference, build] of pushed) publish(build, reference, session);
}

function promote({ session, place }: Command, reference: string): void {
  session.findings.promotions.push({
    ...{ place, reference },
    ...{ event: session.scenario.event, ref: session.scenario.ref },
  });
}

/** What is pushed is what counts; what an image is called locally does not. */
function publish(build: Build, reference: string, { metadata }: Session): void {
  const [, at] = /^metadata (\d+) tags\b/.exec(onlyHole(reference) ?? '') ?? [];
  if (at !== undefined) {
    if (build.published !== 'yes') build.references = [];
    build.metadata = metadata[Number(at)]!;
    build.published = 'yes';
    return;
  }
  const full = fullReference(reference);
  if (build.published !== 'yes') build.references = [];
  build.published = 'yes';
  if (!build.references.includes(full)) build.references.push(full);
}

/** Tags that are put on images of one platform each, joined. */
function putTags(command: Command, tags: readonly string[]): void {
  const { session } = command;
  session.touched += 1;
  for (const tag of tags) {
    const { repository } = splitReference(tag);
    const builds = session.findings.builds.filter(
      ({ event, ref, references }) =>
        event === session.scenario.event &&
        ref === session.scenario.ref &&
        references.some((reference) => splitReference(reference).repository === repository),
    );
    if (builds.length === 0) promote(command, tag);
    for (const each of builds) {
      // Tags of one platform were there to be joined.
      if (each.published !== 'by-digest') each.references = [];
      each.published = 'by-digest';
      each.references.push(tag);
    }
  }
}

function login(command: Command): void {
  const { values, rest } = readOptions(
    command.words,
    new Set(['password-stdin', 'get-login', 'tls-verify']),
    {
      u: 'username',
      p: 'password',
    },
  );
  const host = rest[0] ?? 'docker.io';
  const username = values.get('username')?.[0];
  const password = values.get('password')?.[0] ?? command.call.input;
  command.session.touched += 1;
  const isCloud = /\.ecr\.|pkg\.dev|gcr\.io|azurecr/.test(host);
  // What a shell fills in, no workflow does.
  const areWritten =
    username !== undefined && isExpression(username) && password !== undefined && isExpression(password);
  if (hasHoles(host) || isCloud) {
    if (!areWritten) keepLogin(command, host);
    leave(
      command,
      `login to ${asExpression(host)}`,
      'Keep this command in a step before the release: what docker is logged in to is used.',
    );
  }
  if (hasHoles(host)) return;
  if (!isCloud) noteReplaced(command.session.findings, command.place, `docker login (${host})`, LOGIN);
  noteLogin(command.session.findings, {
    host: host.replace(/^https?:\/\//, '').replace(/\/$/, ''),
    ...(areWritten && hasHoles(password) && { username, password }),
  });
}

function keepLogin({ session, place }: Command, host: string): void {
  session.findings.keptLogins.push(`docker login (${asExpression(host)}) (${place.file}:${place.line ?? 1})`);
}
