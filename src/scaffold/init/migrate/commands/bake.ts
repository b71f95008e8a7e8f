import { posix } from 'node:path';
import type { BakeOverlay } from '../../found.js';
import { readEnvFile } from '../bake/compose.js';
import { describe, lookupIn, takeOver, type BakeRun } from '../bake/describe.js';
import { bakeFilesIn, composeFilesIn } from '../bake/files.js';
import { readOverrides, tellFolder, withAll } from '../bake/overrides.js';
import { readTargets, type ReadTarget } from '../bake/targets.js';
import { readPair } from '../build-settings.js';
import { fullReference, type Build } from '../build.js';
import { serviceBuilds, unfitForBake } from '../compose-services.js';
import { isSamePlace, noteReplaced } from '../findings.js';
import { hasHoles } from '../holes.js';
import { pathAt } from '../paths.js';
import { textOf } from '../shell/variables.js';
import { asExpression } from '../tag-rules.js';
import { readOptions, type Options } from './options.js';
import { addBuild, leave, type Command } from './session.js';

/** `docker buildx bake`: https://docs.docker.com/reference/cli/docker/buildx/bake/ */
export function readBake(command: Command, by: string): void {
  const { call, place, session } = command;
  const { values, rest } = readOptions(
    command.words,
    new Set([
      'push',
      'load',
      'print',
      'no-cache',
      'pull',
      'check',
      'debug',
      'list-targets',
      'list-variables',
    ]),
    { f: 'file' },
  );
  const written = values.get('file') ?? [];
  const files =
    written.length > 0
      ? written.map((file) => pathAt(call.folder, file))
      : bakeFilesIn(session.repository.paths, call.folder);
  session.touched += 1;
  if (values.has('print') || values.has('check') || values.has('list')) return;
  if (files.length === 0 || files.some(hasHoles)) {
    leave(
      command,
      `\`${by} ${command.words.map(asExpression).join(' ')}\``,
      'No bake file was found for it; name it under `bake`.',
    );
    return;
  }
  tellFolder(command, call.folder);
  const set = values.get('set') ?? [];
  const { references, overlays } = readOverrides(command, set);
  const everywhere = values.get('no-cache')?.at(-1) === 'true' ? { noCache: true } : {};
  describe(command, {
    ...{ place, by, files, references },
    targets: rest.filter((target) => target !== 'default'),
    published:
      values.has('push') || set.some((line) => /\.(?:output=.*(?:registry|push=true)|push=true)/.test(line)),
    overlays: withAll(overlays, everywhere),
    environment: { named: new Map(), found: envFileAt(posix.join(call.folder, '.env'), command) },
  });
}

function envFileAt(path: string, { session }: Pick<Command, 'session'>): Map<string, string> {
  const file = session.repository.files.find((each) => each.path === path);
  return file === undefined ? new Map<string, string>() : readEnvFile(file.text);
}

/** Of `docker compose build` and `push`; others take a value. */
const COMPOSE_SWITCHES = new Set([
  ...['no-cache', 'pull', 'push', 'quiet', 'parallel', 'ignore-push-failures', 'with-dependencies'],
  ...['include-deps', 'force-rm', 'no-rm', 'compress', 'check', 'print'],
]);

/** `docker compose build`, `docker compose push`: https://docs.docker.com/reference/cli/docker/compose/build/ */
export function readCompose(command: Command, by: string): void {
  const { call, place, session } = command;
  const verbAt = command.words.findIndex((word) => /^(?:build|push|up|pull|config|run|down)$/.test(word));
  const verb = command.words[verbAt];
  session.touched += 1;
  if (verb === undefined || (verb !== 'build' && verb !== 'push')) return;
  const global = readOptions(command.words.slice(0, verbAt), new Set(['verbose', 'compatibility']), {
    f: 'file',
    p: 'project-name',
  }).values;
  const { values, rest } = readOptions(command.words.slice(verbAt + 1), COMPOSE_SWITCHES, {
    q: 'quiet',
    m: 'memory',
  });
  const variable = textOf(session.variables.get('COMPOSE_FILE'))?.split(':');
  const written = global.get('file') ?? variable ?? [];
  const files =
    written.length > 0
      ? written.map((file) => pathAt(call.folder, file))
      : composeFilesIn(session.repository.paths, call.folder);
  if (files.length === 0 || files.some(hasHoles)) {
    leave(
      command,
      `\`${call.words.map(asExpression).join(' ')}\``,
      'No compose file was found for it; name it under `bake`.',
    );
    return;
  }
  const environment = composeEnvironment(files, global.get('env-file') ?? [], command);
  describeServices(command, {
    ...{ place, files, environment },
    by: by.startsWith('docker') ? by : `docker ${by}`,
    targets:
      rest.length > 0 ? rest : activeServices(files, command, environment, global.get('profile') ?? []),
    published: verb === 'push' || values.has('push'),
    overlays: composeOverlays(values, command),
  });
}

/** Files that bake reads as compose does stay where they are; of any other, the services are images. */
function describeServices(command: Command, run: BakeRun): void {
  const { findings, repository, scenario, variables } = command.session;
  const files = run.files.flatMap((path) => repository.files.filter((file) => file.path === path));
  const unfit = files.length < run.files.length ? undefined : unfitForBake(files, repository.paths);
  if (unfit === undefined) {
    describe(command, run);
    return;
  }
  const lookup = lookupIn(variables, run.environment);
  const published = run.published ? 'yes' : 'no';
  const { args = {}, noCache = false } = run.overlays?.['*'] ?? {};
  for (const build of serviceBuilds(findings, files, run.targets, { scenario, lookup, published })) {
    const built = findings.builds.find((each) => isSameService(each, build));
    if (built !== undefined && run.published) built.published = 'yes';
    else
      addBuild(command, {
        ...build,
        args: { ...build.args, ...args },
        noCache: build.noCache || noCache,
      });
  }
  noteReplaced(findings, run.place, `${run.by} with ${run.files.join(', ')}`, `\`images\`: ${unfit}`);
}

/** What was built by one command is pushed by another, which says nothing of how. */
function isSameService(a: Build, b: Build): boolean {
  return isSamePlace(a.place, b.place) && a.key === b.key && a.references.join() === b.references.join();
}

function composeEnvironment(
  [file = '']: readonly string[],
  named: readonly string[],
  command: Command,
): NonNullable<BakeRun['environment']> {
  const read = (path: string) => envFileAt(path, command);
  const own = posix.join(posix.dirname(file), '.env');
  const paths = named.map((path) => pathAt(command.call.folder, path));
  if (paths.every((path) => path === own)) return { named: new Map(), found: read(own) };
  return { named: new Map(paths.flatMap((path) => [...read(path)])), found: new Map() };
}

/** What the command line says of all services that it builds. */
function composeOverlays(values: Options['values'], command: Command): Record<string, BakeOverlay> {
  const args: Record<string, string> = {};
  for (const text of values.get('build-arg') ?? []) {
    const { name, value = textOf(command.session.variables.get(name)) } = readPair(text);
    if (value !== undefined && !hasHoles(value)) args[name] = value;
    else
      leave(
        command,
        `build argument ${name}: ${asExpression(value ?? `$${name}`)}`,
        'Only a run knows it: write its value under `args` of each image, or leave it to the Dockerfile’s default.',
      );
  }
  for (const text of values.get('ssh') ?? [])
    leave(command, `option --ssh ${text}`, 'Write `ssh` under `build` of the compose file.');
  return withAll(
    {},
    {
      ...(Object.keys(args).length > 0 && { args }),
      ...(values.get('no-cache')?.at(-1) === 'true' && { noCache: true }),
    },
  );
}

/** Services of a profile are built where that is asked for, while bake takes all: then they are named. */
function activeServices(
  files: readonly string[],
  { session }: Command,
  environment: NonNullable<BakeRun['environment']>,
  asked: readonly string[],
): string[] {
  const { repository, variables } = session;
  const lookup = lookupIn(variables, environment);
  const active = [...asked, ...(lookup('COMPOSE_PROFILES')?.split(',') ?? [])];
  const services = readTargets(
    repository.files.filter(({ path }) => files.includes(path)),
    [],
    lookup,
    repository.files,
  );
  const isActive = ({ profiles }: ReadTarget) =>
    profiles.length === 0 || profiles.some((profile) => active.includes(profile)) || active.includes('*');
  return services.every(isActive) ? [] : services.filter(isActive).map(({ name }) => name);
}

/** `docker push` of what a bake or compose file built. @returns whether it was one of them */
export function publishBaked({ session }: Command, reference: string): boolean {
  const { findings, scenario } = session;
  for (const { run, released } of findings.tried) {
    const built = released.filter(({ references }) =>
      references.some((each) => fullReference(each) === fullReference(reference)),
    );
    if (built.length === 0) continue;
    const targets = built.length === released.length ? run.targets : built.map(({ name }) => name);
    takeOver(findings, { run: { ...run, targets, published: true }, released: built }, scenario);
    return true;
  }
  return false;
}
