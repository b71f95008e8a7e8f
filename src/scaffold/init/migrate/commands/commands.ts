import { parseAllDocuments } from 'yaml';
import { noteReplaced } from '../findings.js';
import { pathAt } from '../paths.js';
import { keepingAll } from '../shell/assignments.js';
import { setParameters } from '../shell/parameters.js';
import { followScript } from '../shell/script.js';
import type { Call, Shell } from '../shell/shell.js';
import { readGh, readGit, readHelm, readKubectl, readKustomize, readSed, readYq } from './deploy.js';
import { readCompose } from './bake.js';
import { readDocker } from './docker.js';
import { noteMade } from './made.js';
import { isKaniko, readKaniko } from './kaniko.js';
import { readKanikoManifests } from './kaniko-manifests.js';
import { readMake } from './make.js';
import { readPackageScript } from './package-scripts.js';
import { callsOfXargs } from './xargs.js';
import { deeper, leave, type Command, type Session } from './session.js';
import type { Place } from '../../../../lib/errors.js';
import type { RepositoryFile } from '../../found.js';
import { below } from '../findings.js';
import { concreteIn } from '../scenarios.js';
import { asExpression } from '../tag-rules.js';

type Reader = (command: Command) => void;

/** Commands that build, publish or deploy images. */
const READERS: Readonly<Record<string, Reader>> = {
  docker: readDockerOrKaniko,
  podman: readDockerOrKaniko,
  nerdctl: readDocker,
  buildah: readDocker,
  'docker-compose': (command) => readCompose(command, 'docker-compose'),
  executor: kaniko,
  kubectl: readKubectlOrKaniko,
  sed: readSed,
  gsed: readSed,
  awk: noteMade,
  envsubst: noteMade,
  cp: noteMade,
  yq: readYq,
  kustomize: readKustomize,
  helm: readHelm,
  git: readGit,
  gh: readGh,
  cosign: (command) => {
    if (command.words[0] !== 'sign' && command.words[0] !== 'attest') return;
    command.session.findings.sign = 'cosign';
    command.session.touched += 1;
    noteReplaced(
      command.session.findings,
      command.place,
      `cosign ${command.words[0]}`,
      '`attest.sign: cosign`',
    );
  },
  xargs: ({ call, place, session }) => {
    for (const each of callsOfXargs(call)) readCall({ ...each, line: 0 }, place, session);
  },
  skopeo: copies,
  crane: copies,
  make: (command) => readMake(command, followIn),
  npm: packageScript,
  yarn: packageScript,
  pnpm: packageScript,
  bun: packageScript,
};

/** Words that stand before the command that counts. */
const WRAPPERS = new Set([
  ...['sudo', 'exec', 'time', 'env', 'command', 'retry', 'nice', 'eval', 'then', '!', 'timeout', 'nohup'],
]);

export function readCall(call: Call, place: Place, session: Session): void {
  let { words } = call;
  while (
    words.length > 1 &&
    (WRAPPERS.has(words[0]!) ||
      /^\w+=/.test(words[0]!) ||
      (words !== call.words && /^-|^\d+(?:\.\d+)?[smhd]?$/.test(words[0]!)))
  )
    words = words.slice(1);
  const [program = '', ...rest] = words;
  const name = program.split('/').at(-1)!;
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  reader?.({ call: { ...call, words }, words: rest, place: below(place, call.line), session });
  if (reader === undefined) followCalled({ ...call, words }, place, session);
}

/** Follows a script in a session. @param place of its first line */
export function followIn(
  session: Session,
  text: string,
  { place, folder }: { place: Place; folder: string },
): Pick<Shell, 'files' | 'folder'> {
  const shell: Shell = {
    variables: session.variables,
    folder,
    left: [],
    files: new Map(),
    paths: session.repository.paths,
    read: (path) => session.repository.files.find((file) => file.path === path)?.text,
    concrete: (written) => concreteIn(session.scenario, written),
    event: session.scenario.event,
    onCall: (call) => readCall(call, placeOf(call, place), session),
    onSource: (path, call, run) => {
      const { touched } = session;
      run();
      session.findings.followed.push(path);
      if (session.touched !== touched)
        noteReplaced(session.findings, below(placeOf(call, place), call.line), path, FOLLOWED);
    },
  };
  followScript(text, shell);
  return shell;
}

const FOLLOWED = 'image-release.yml and the workflow';

const placeOf = ({ file }: Call, place: Place): Place => (file === undefined ? place : { file, line: 1 });

/** `./scripts/build.sh api`, `bash build.sh`: a script of the repository. */
function followCalled(call: Call, place: Place, session: Session): void {
  const isShell = /^(?:bash|sh)$/.test(call.words[0] ?? '');
  const [file = '', ...words] = isShell
    ? call.words.slice(1).filter((word) => !/^-[a-z]+$/.test(word))
    : call.words;
  if (!isShell && !file.includes('/')) return;
  const path = pathAt(call.folder, file);
  const script = session.repository.files.find((each) => each.path === path);
  if (script === undefined || /\.(?:py|js|ts|rb|ya?ml)$/.test(path)) return;
  const run = (): void => {
    setParameters(session.variables, words);
    session.variables.set('0', path);
    session.variables.set('BASH_SOURCE', path);
    followIn(session, script.text, { place: { file: path, line: 1 }, folder: call.folder });
  };
  if (!deeper(session, () => keepingAll(session.variables, run))) return;
  session.findings.followed.push(path);
  noteReplaced(session.findings, below(place, call.line), path, FOLLOWED);
}

function packageScript(command: Command): void {
  readPackageScript(command, followIn);
}

function surroundings({ place, session, call: { folder, input } }: Command) {
  return { place, session, folder, ...(input !== undefined && { input }) };
}

function kaniko(command: Command): void {
  readKaniko(command.words, surroundings(command));
}

/** `docker run … gcr.io/kaniko-project/executor --context …` */
function readDockerOrKaniko(command: Command): void {
  const at = command.words.findIndex(
    (word) => isKaniko(word) && /executor|kaniko:|kaniko-project/.test(word),
  );
  if (command.words[0] === 'run' && at > 0) readKaniko(command.words.slice(at + 1), surroundings(command));
  else readDocker(command);
}

/** `kubectl run kaniko --image=… -- --context=…`, or a manifest on standard input. */
function readKubectlOrKaniko(command: Command): void {
  const { words, call } = command;
  const end = words.indexOf('--');
  const image = words.find((word) => /^--image=/.test(word));
  if (words[0] === 'run' && image !== undefined && isKaniko(image)) {
    const overrides = words.find((word) => word.startsWith('--overrides='))?.slice('--overrides='.length);
    if (end >= 0)
      readKaniko(
        words.slice(end + 1).filter((word) => word !== '/kaniko/executor'),
        surroundings(command),
      );
    else if (overrides !== undefined) readKanikoManifests(overrides, command);
    return;
  }
  const file = manifestOf(command);
  if (file !== undefined) return readFile(file, command);
  if (call.input === undefined || !isKaniko(call.input) || !isYaml(call.input)) return readKubectl(command);
  const path = templateOf(call.input, command);
  if (path === undefined) readKanikoManifests(call.input, command);
  else readFile({ path, text: call.input }, command);
}

/** The manifest that was filled in and handed over: `envsubst < ci/kaniko.yaml | kubectl create -f -`. */
function templateOf(input: string, { session }: Command): string | undefined {
  const linesOf = (text: string) => text.trimEnd().split('\n');
  const lines = linesOf(input);
  return session.repository.files.find(({ path, text }) => {
    const own = linesOf(text);
    return /\.ya?ml$/.test(path) && isKaniko(text) && own.length === lines.length && own[0] === lines[0];
  })?.path;
}

/** `kubectl apply -f ci/kaniko.yaml`, where the executor runs in it. */
function manifestOf({ words, call, session }: Command): RepositoryFile | undefined {
  const at = words.findIndex((word) => word === '-f' || word === '--filename');
  const path = at < 0 ? words.find((word) => /^--filename=/.test(word))?.slice(11) : words[at + 1];
  if (path === undefined || !/^(?:apply|create|replace)$/.test(words[0] ?? '')) return undefined;
  const file = session.repository.files.find((each) => each.path === pathAt(call.folder, path));
  return file !== undefined && isKaniko(file.text) ? file : undefined;
}

function readFile({ path, text }: RepositoryFile, command: Command): void {
  command.session.findings.followed.push(path);
  readKanikoManifests(text, { ...command, place: { file: path, line: 1 } });
}

function isYaml(text: string): boolean {
  const documents = parseAllDocuments(text);
  return Array.isArray(documents) && documents.every(({ errors }) => errors.length === 0);
}

function copies(command: Command): void {
  const { words, session } = command;
  if (!['copy', 'cp', 'tag', 'push', 'append'].includes(words[0] ?? '')) return;
  session.touched += 1;
  leave(
    command,
    `\`${asExpression(command.call.words.slice(0, 3).join(' '))} …\``,
    'A release tags by itself (`tags`). Copies to another registry stay in a step after it, from the output `<key>-ref`.',
  );
}
