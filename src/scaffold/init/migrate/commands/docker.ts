import { splitReference, type Build } from '../build.js';
import { describe, type BakeRun } from '../bake/describe.js';
import { readOverrides } from '../bake/overrides.js';
import { readTargets, type ReadTarget } from '../bake/targets.js';
import { noteServices, unfitForBake } from '../compose-services.js';
import { noteLogin, noteReplaced } from '../findings.js';
import { hasHoles } from '../holes.js';
import { pathAt } from '../paths.js';
import { textOf } from '../shell/variables.js';
import { readDockerBuild } from './docker-build.js';
import { readOptions } from './options.js';
import { leave, type Command } from './session.js';

type Verb = (command: Command, by: string) => void;

/** Verbs of docker, podman, nerdctl and buildah, which share their grammar. */
const VERBS: Readonly<Record<string, Verb>> = {
  build,
  bud: build,
  bake,
  compose,
  tag: ({ words, session }) => {
    const [from = '', ...to] = words.filter((word) => !word.startsWith('-'));
    const known = session.local.get(from) ?? session.local.get(`${from}:latest`);
    for (const name of to) if (known !== undefined) session.local.set(name, known);
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

export function readCompose(command: Command): void {
  compose(command, 'docker-compose');
}

function build(command: Command, by: string): void {
  addBuild(command, readDockerBuild(command, by));
}

export function addBuild({ session }: Pick<Command, 'session'>, build: Build): void {
  session.findings.builds.push(build);
  session.touched += 1;
  for (const reference of build.references) session.local.set(reference, build);
}

function push(command: Command): void {
  const { session, words } = command;
  const options = words.filter((word) => word.startsWith('-'));
  const plain = words.filter((word) => !word.startsWith('-'));
  // `buildah push local docker://there`
  const [name = '', destination] = plain;
  const known = session.local.get(name) ?? session.local.get(`${name}:latest`);
  session.touched += 1;
  const all = options.some((option) => option === '--all-tags' || option === '-a');
  const { repository } = splitReference(name);
  const pushed = all
    ? [...session.local].filter(([reference]) => splitReference(reference).repository === repository)
    : known === undefined
      ? []
      : [[destination?.replace(/^docker:\/\//, '') ?? name, known] as const];
  // Of an image that stands in the registry already: `docker pull`, `docker tag`, `docker push`.
  if (pushed.length === 0) promote(command, name);
  for (const [reference, build] of pushed) publish(build, reference);
}

function promote({ session, place }: Command, reference: string): void {
  session.findings.promotions.push({ place, event: session.scenario.event, reference });
}

/** What is pushed is what counts; what an image is called locally does not. */
function publish(build: Build, reference: string): void {
  const { repository, tag = 'latest' } = splitReference(reference);
  const full = `${repository}:${tag}`;
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
      ({ event, references }) =>
        event === session.scenario.event &&
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
  if (hasHoles(host) || /\.ecr\.|pkg\.dev|gcr\.io|azurecr/.test(host)) {
    leave(
      command,
      `login to ${host}`,
      'Keep this command in a step before the release: what docker is logged in to is used.',
    );
  }
  if (hasHoles(host)) return;
  noteReplaced(command.session.findings, command.place, `docker login (${host})`, 'the login of the release');
  noteLogin(command.session.findings, {
    host: host.replace(/^https?:\/\//, '').replace(/\/$/, ''),
    ...(username !== undefined && { username }),
    ...(password !== undefined && hasHoles(password) && { password }),
  });
}

function bake(command: Command, by: string): void {
  const { call, place, session } = command;
  const { values, rest } = readOptions(
    command.words,
    new Set(['push', 'load', 'print', 'no-cache', 'pull']),
    { f: 'file' },
  );
  const written = values.get('file') ?? [];
  const files =
    written.length > 0 ? written.map((file) => pathAt(call.folder, file)) : defaultBakeFile(command);
  session.touched += 1;
  if (files.length === 0 || files.some(hasHoles)) {
    leave(
      command,
      `\`${by} ${command.words.join(' ')}\``,
      'No bake file was found for it; name it under `bake`.',
    );
    return;
  }
  describe(command, {
    place,
    by,
    files,
    targets: rest.filter((target) => target !== 'default'),
    published: true,
    ...readOverrides(command, values.get('set') ?? []),
  });
}

/** https://docs.docker.com/build/bake/reference/#file-format */
const BAKE_FILES = [
  ...['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'],
  ...['docker-bake.json', 'docker-bake.hcl', 'docker-bake.override.json', 'docker-bake.override.hcl'],
];
const COMPOSE_FILES = BAKE_FILES.slice(0, 4);

function defaultBakeFile({ session, call }: Command): string[] {
  const there = existing(session.repository.paths, call.folder, BAKE_FILES);
  const bakes = there.filter((path) => path.includes('docker-bake'));
  return bakes.length > 0 ? bakes : there.slice(0, 1);
}

function existing(paths: readonly string[], folder: string, names: readonly string[]): string[] {
  return names.map((name) => pathAt(folder, name)).filter((path) => paths.includes(path));
}

function compose(command: Command, by: string): void {
  const { call, place, session } = command;
  const verbAt = command.words.findIndex((word) => /^(?:build|push|up|pull|config|run|down)$/.test(word));
  const verb = command.words[verbAt];
  session.touched += 1;
  if (verb === undefined || (verb !== 'build' && verb !== 'push')) return;
  const global = readOptions(command.words.slice(0, verbAt), new Set(), {
    f: 'file',
    p: 'project-name',
  }).values;
  const { rest } = readOptions(
    command.words.slice(verbAt + 1),
    new Set([
      'no-cache',
      'pull',
      'push',
      'quiet',
      'parallel',
      'ignore-push-failures',
      'with-dependencies',
      'include-deps',
    ]),
    { q: 'quiet' },
  );
  const variable = textOf(session.variables.get('COMPOSE_FILE'))?.split(':');
  const written = global.get('file') ?? variable ?? [];
  const files =
    written.length > 0
      ? written.map((file) => pathAt(call.folder, file))
      : existing(session.repository.paths, call.folder, COMPOSE_FILES).slice(0, 1);
  if (files.length === 0 || files.some(hasHoles))
    leave(command, `\`${call.words.join(' ')}\``, 'No compose file was found for it; name it under `bake`.');
  else
    describeServices(command, {
      place,
      by: by.startsWith('docker') ? by : `docker ${by}`,
      files,
      targets: rest.length > 0 ? rest : activeServices(files, command, global.get('profile') ?? []),
      published: true,
    });
}

/** A file that bake reads as compose does stays where it is; of any other, the services are images. */
function describeServices(command: Command, run: BakeRun): void {
  const { findings, repository, scenario, variables } = command.session;
  const [path, ...more] = run.files;
  const file = repository.files.find((each) => each.path === path);
  const unfit = file === undefined || more.length > 0 ? undefined : unfitForBake(file, repository.paths);
  if (file === undefined || unfit === undefined) {
    describe(command, run);
    return;
  }
  const lookup = (name: string) => textOf(variables.get(name));
  noteServices(findings, file, run.targets, { event: scenario.event, lookup });
  noteReplaced(findings, run.place, `${run.by} with ${file.path}`, `\`images\`: ${unfit}`);
}

/** Services of a profile are built where that is asked for, while bake takes all: then they are named. */
function activeServices(files: readonly string[], { session }: Command, asked: readonly string[]): string[] {
  const { repository, variables } = session;
  const active = [...asked, ...(textOf(variables.get('COMPOSE_PROFILES'))?.split(',') ?? [])];
  const lookup = (name: string) => textOf(variables.get(name));
  const services = readTargets(
    repository.files.filter(({ path }) => files.includes(path)),
    [],
    lookup,
  );
  const isActive = ({ profiles }: ReadTarget) =>
    profiles.length === 0 || profiles.some((profile) => active.includes(profile)) || active.includes('*');
  return services.every(isActive) ? [] : services.filter(isActive).map(({ name }) => name);
}
