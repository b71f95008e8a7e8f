import { posix } from 'node:path';
import type { Place } from '../../../../lib/errors.js';
import { newBuild, splitReference } from '../build.js';
import { readPair, readPlatforms } from '../build-settings.js';
import { noteReplaced } from '../findings.js';
import { hasHoles, onlyHole } from '../holes.js';
import { isInside, pathAt } from '../paths.js';
import { readRemoteContext } from '../remote-context.js';
import { asExpression } from '../tag-rules.js';
import { readOptions } from './options.js';
import { addBuild, leave, type Session } from './session.js';

const SWITCHES = new Set([
  ...[
    'cache',
    'no-push',
    'no-push-cache',
    'cleanup',
    'reproducible',
    'single-snapshot',
    'insecure',
    'insecure-pull',
  ],
  ...[
    'skip-tls-verify',
    'skip-tls-verify-pull',
    'skip-unused-stages',
    'use-new-run',
    'ignore-var-run',
    'force',
  ],
  ...['compressed-caching', 'cache-copy-layers', 'cache-run-layers', 'skip-push-permission-check'],
]);
const SHORT = { c: 'context', f: 'dockerfile', d: 'destination', v: 'verbosity' };

const READ = new Set([
  ...['context', 'context-sub-path', 'dockerfile', 'destination', 'build-arg', 'target', 'label', 'cache'],
  ...['custom-platform', 'customPlatform', 'cache-repo', 'no-push'],
]);
/** What changes how Kaniko works, which is the builder's matter now. */
const SILENT =
  /^(?:verbosity|snapshot-?mode|single-snapshot|digest-file|image-name.*digest-file|cleanup|use-new-run|force|cache-.*|compressed-caching|push-retry|image-fs-extract-retry|log-.*|skip-unused-stages|kaniko-dir|ignore-.*|no-push-cache|skip-push-permission-check|reproducible|oci-layout-path|tar-?path)$/i;

/** A run of Kaniko's executor, wherever its arguments stand: https://github.com/GoogleContainerTools/kaniko#additional-flags */
export function readKaniko(
  words: readonly string[],
  { place, session, folder, input }: { place: Place; session: Session; folder: string; input?: string },
): void {
  const { values } = readOptions(words, SWITCHES, SHORT);
  const all = (name: string) => values.get(name) ?? [];
  const last = (name: string) => all(name).at(-1);
  const command = { place, session };
  const build = newBuild(place, 'kaniko', session.scenario);

  const written = fromArchive(last('context') ?? '', input);
  const remote = readRemoteContext(written, session.repository);
  if (remote?.status === 'elsewhere') {
    leave(
      command,
      `Kaniko’s build of ${all('destination').map(asExpression).join(', ')} from ${asExpression(written)}`,
      'It is built of another place than this repository: release it there, or keep this build where it is.',
    );
    session.findings.withheld.push(place);
    session.touched += 1;
    return;
  }
  const context = contextOf(remote?.folder ?? written, last('context-sub-path'), folder);
  if (context === undefined)
    leave(
      command,
      `Kaniko’s context \`${last('context') ?? '(none)'}\``,
      'Contexts are folders of this repository; write the right one.',
    );
  build.context = context ?? '.';
  const file = last('dockerfile') ?? 'Dockerfile';
  build.dockerfile = dockerfileOf(file, build.context, session.repository.paths);
  build.references = all('destination');
  build.published = build.references.length > 0 && last('no-push') !== 'true' ? 'yes' : 'no';
  const target = last('target');
  if (target !== undefined) build.target = target;
  for (const text of all('build-arg')) {
    const { name, value } = readPair(text);
    if (value !== undefined) build.args[name] = value;
    else leave(command, `build argument ${name}, from Kaniko’s environment`, 'Write its value under `args`.');
  }
  for (const { name, value } of all('label').map(readPair))
    if (value !== undefined) build.labels[name] = value;
  build.platforms = [...all('custom-platform'), ...all('customPlatform')].flatMap(readPlatforms);
  if (last('cache') === 'true') build.cache = 'registry';
  const cache = last('cache-repo');
  const [own = ''] = build.references.map((reference) => splitReference(reference).repository);
  if (cache !== undefined && cache !== `${own}/cache`)
    leave(
      command,
      `Kaniko’s cache in ${cache}`,
      `\`builder: { type: kaniko, cache-repository: ${cache} }\` keeps to it; BuildKit keeps its cache beside each image.`,
    );
  for (const [name, texts] of values)
    if (!READ.has(name) && !SILENT.test(name))
      leave(
        command,
        `Kaniko’s --${name} ${texts.filter((text) => text !== 'true').join(' ')}`.trim(),
        'docs/kaniko.md says which settings there are; registries in plain http are recognised.',
      );
  noteReplaced(
    session.findings,
    place,
    'Kaniko’s executor',
    '`builder: auto`, which takes Kaniko where nothing else builds; `builder: kaniko` keeps to it',
  );
  addBuild(command, build);
}

/** `tar -C api -cz . | executor --context=tar://stdin`: the folder that was packed. */
function fromArchive(context: string, input: string | undefined): string {
  const [, folder] = /^tar of (.*)$/.exec(onlyHole(input ?? '') ?? '') ?? [];
  return context === 'tar://stdin' && folder !== undefined ? folder : context;
}

/** `dir:///workspace/api`, or a mounted folder. */
function contextOf(written: string, subPath: string | undefined, folder: string): string | undefined {
  const bare = written.replace(/^dir:\/\//, '').replace(/\/$/, '');
  const mounted =
    /^\/(?:workspace|kaniko\/(?:workspace|buildcontext)|build|src|source|context|app|workdir|data|repo)(?:\/(.*))?$/.exec(
      bare,
    );
  const base = /^tar:\/\//.test(bare)
    ? '.'
    : mounted
      ? (mounted[1] ?? '.')
      : pathAt(folder, bare === '' ? '.' : bare);
  const path = subPath === undefined ? base : posix.join(base, subPath);
  return isInside(path) && !hasHoles(path) ? posix.normalize(path) : undefined;
}

/** Kaniko looks below the context first, then takes the path as it is. */
function dockerfileOf(file: string, context: string, paths: readonly string[]): string {
  const path = file.replace(/^dir:\/\//, '');
  const inWorkspace = pathAt('.', path);
  // An absolute path is looked for as it is, wherever the context lies.
  if (path.startsWith('/') && isInside(inWorkspace)) return inWorkspace;
  const bare = path.replace(/^\/(?:workspace|kaniko\/buildcontext)\//, '');
  const below = posix.join(context, bare);
  return !paths.includes(below) && paths.includes(bare) ? bare : below;
}

/** Whether an image is Kaniko's executor: `gcr.io/kaniko-project/executor:v1.23.2`, also a mirror or a fork. */
export function isKaniko(image: string): boolean {
  return /kaniko/i.test(image);
}
