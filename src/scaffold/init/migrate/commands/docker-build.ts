import { posix } from 'node:path';
import { fullReference, newBuild, type Build } from '../build.js';
import {
  readCaches,
  readFields,
  readPair,
  readPlatforms,
  readProvenance,
  readSbom,
  readSecret,
} from '../build-settings.js';
import { hasHoles } from '../holes.js';
import { isInside, pathAt } from '../paths.js';
import { readRemoteContext } from '../remote-context.js';
import { textOf } from '../shell/variables.js';
import { asExpression, isExpression } from '../tag-rules.js';
import { standIn } from './made.js';
import { readOptions, type Options } from './options.js';
import { leave, noteConditions, type Command } from './session.js';

/** https://docs.docker.com/reference/cli/docker/buildx/build/, and buildah's and podman's own. */
const SWITCHES = new Set([
  ...['push', 'load', 'no-cache', 'pull', 'quiet', 'squash', 'rm', 'force-rm', 'compress', 'debug', 'check'],
  ...['layers', 'tls-verify', 'disable-content-trust', 'pull-always', 'help', 'all-platforms'],
]);
const SHORT: Readonly<Record<string, string>> = {
  t: 'tag',
  f: 'file',
  q: 'quiet',
  o: 'output',
  m: 'memory',
  c: 'cpu-shares',
};

/** Options that change how, not what. */
const SILENT = new Set([
  ...[
    'push',
    'load',
    'pull',
    'quiet',
    'rm',
    'force-rm',
    'compress',
    'progress',
    'builder',
    'iidfile',
    'debug',
  ],
  ...[
    'metadata-file',
    'layers',
    'format',
    'tls-verify',
    'jobs',
    'output',
    'disable-content-trust',
    'all-platforms',
  ],
  ...['memory', 'cpu-shares', 'manifest', 'pull-always', 'namespace', 'annotation', 'isolation', 'squash'],
]);

/**
 * `docker build`, `docker buildx build`, `podman build`, `buildah bud`, `nerdctl build`.
 * @returns undefined: what is built is no part of this repository
 */
export function readDockerBuild(command: Command, by: string): Build | undefined {
  const { values, rest } = readOptions(command.words, SWITCHES, SHORT);
  if (leaveForeign(command, by, values, rest)) return undefined;
  const { session, call, place } = command;
  const all = (name: string) => values.get(name) ?? [];
  const last = (name: string) => all(name).at(-1);
  const build = newBuild(place, by, session.scenario);

  build.references = [...all('tag'), ...all('manifest')];
  readContext(build, command, rest.at(-1), last('file'));
  standIn(build, command);
  if (last('target') !== undefined) build.target = last('target')!;
  for (const text of all('build-arg')) readArgument(build, text, command);
  for (const text of all('build-context')) {
    const { name, value = '' } = readPair(text);
    build.contexts[name] = /^[a-z-]+:\/\//.test(value) ? value : pathAt(call.folder, value);
  }
  for (const text of all('secret')) {
    const secret = readSecret(text);
    if (secret === undefined) continue;
    build.secrets[secret.id] = secret.from;
    if ('env' in secret.from) keepVariable(secret.from.env, session);
  }
  build.platforms = [...all('platform'), ...all('arch').map((arch) => `linux/${arch}`)].flatMap(
    readPlatforms,
  );
  readPairs(build.labels, all('label'));
  readPairs(build.annotations, all('annotation'));
  build.noCache = last('no-cache') === 'true';
  readAttests(build, values);
  const lost = readCaches(build, all('cache-from'), all('cache-to'));
  for (const { text, advice } of lost) leave(command, `cache \`${text}\``, advice);

  const output = all('output').map(readFields);
  const digest = output.find((fields) => fields.get('push-by-digest') === 'true');
  if (digest !== undefined) {
    build.published = 'by-digest';
    build.references.push(...[digest.get('name') ?? ''].filter(Boolean));
  } else if (
    last('push') === 'true' ||
    output.some((fields) => fields.get('push') === 'true' || fields.get('type') === 'registry')
  )
    build.published = 'yes';
  leaveOptions(values, command);
  noteConditions(command, `${by} of ${asExpression(build.references[0] ?? build.context)}`);
  return build;
}

/** What a workflow puts into the environment for a secret, the release needs there too. */
function keepVariable(name: string, { variables, findings }: Command['session']): void {
  const value = textOf(variables.get(name));
  if (value !== undefined && hasHoles(value) && isExpression(value))
    findings.environment[name] ??= asExpression(value);
}

/** @returns whether the Dockerfile is written into the command, or the context comes from another place */
function leaveForeign(
  command: Command,
  by: string,
  values: Options['values'],
  rest: readonly string[],
): boolean {
  const written = rest.at(-1);
  const remote = readRemoteContext(written ?? '', command.session.repository);
  const isInline = values.get('file')?.at(-1) === '-' || written === '-';
  if (remote?.status !== 'elsewhere' && !isInline) return false;
  const names = (values.get('tag') ?? []).map(asExpression).join(', ');
  leave(
    command,
    `${by} of ${names || 'an image'} from ${isInline ? 'standard input' : asExpression(written!)}`,
    isInline
      ? 'Write its Dockerfile into a file of the repository and name it under `images`, or keep this build where it is.'
      : 'It is built of another place than this repository: release it there, or keep this build where it is.',
  );
  // Pushing it later is no release of something else.
  for (const tag of values.get('tag') ?? [])
    command.session.local.set(fullReference(tag), newBuild(command.place, by, command.session.scenario));
  command.session.findings.withheld.push(command.place);
  command.session.touched += 1;
  return true;
}

function readContext(
  build: Build,
  command: Command,
  written: string | undefined,
  file: string | undefined,
): void {
  const { folder } = command.call;
  const remote = readRemoteContext(written ?? '', command.session.repository);
  if (remote?.status === 'own') build.context = remote.folder;
  else if (written === undefined) {
    leave(
      command,
      'the context, which is not written',
      'Contexts are folders of this repository; write the right one.',
    );
    build.context = folder;
  } else build.context = pathAt(folder, written);
  if (!hasHoles(build.context) && !isInside(build.context)) {
    leave(command, `the context \`${written}\``, 'It is not in this repository; write the right one.');
    build.context = '.';
  }
  build.dockerfile = file === undefined ? posix.join(build.context, 'Dockerfile') : pathAt(folder, file);
}

function readArgument(build: Build, text: string, command: Command): void {
  const { name, value } = readPair(text);
  const known = value ?? textOf(command.session.variables.get(name));
  if (known === undefined)
    leave(
      command,
      `build argument ${name}, from the environment`,
      `Write its value under \`args\`, or leave it to the Dockerfile’s default.`,
    );
  else build.args[name] = known;
}

function readPairs(into: Record<string, string>, texts: readonly string[]): void {
  for (const text of texts) {
    const { name, value } = readPair(text);
    if (value !== undefined) into[name] = value;
  }
}

function readAttests(build: Build, values: Options['values']): void {
  const attests = (values.get('attest') ?? []).map((text) => ({ text, type: readFields(text).get('type') }));
  const of = (type: string) => values.get(type)?.at(-1) ?? attests.find((each) => each.type === type)?.text;
  const provenance = readProvenance(of('provenance'));
  const sbom = readSbom(of('sbom'));
  if (provenance !== undefined) build.provenance = provenance;
  if (sbom !== undefined) build.sbom = sbom;
}

const READ = new Set([
  ...[
    'tag',
    'file',
    'target',
    'build-arg',
    'build-context',
    'secret',
    'platform',
    'arch',
    'label',
    'no-cache',
  ],
  ...['cache-from', 'cache-to', 'attest', 'provenance', 'sbom'],
]);

function leaveOptions(values: Options['values'], command: Command): void {
  for (const [name, texts] of values)
    if (!READ.has(name) && !SILENT.has(name))
      leave(
        command,
        `option --${name}${texts[0] === 'true' ? '' : ` ${texts.join(' ')}`}`,
        `There is no such key; a bake file has it, and \`bake:\` takes a bake file.`,
      );
}
