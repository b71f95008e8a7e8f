import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAcmeRepository, git } from '../../testing/acme.js';
import { startFakeCluster } from '../../testing/fake-cluster/cluster.js';
import { LESS_GC } from '../../testing/processes.js';
import { run } from '../../src/lib/process.js';
import { SharedCli } from './shared-cli.js';
import { lab, newName } from './shop.js';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Outcome {
  code: number | null;
  /** stdout and stderr. */
  output: string;
}

/** The example of this repository after three releases. */
export interface DocumentedProject {
  /**
   * Runs lines of bash, each as in a separate shell, until one fails. Every call starts from the released project,
   * independent of other calls.
   */
  run(lines: readonly string[], options: { isNewProject: boolean }): Promise<Outcome>;
  close(): Promise<void>;
}

/** The project after some lines have changed it. */
interface State {
  /** The work tree. */
  dir: string;
  outcome: Outcome;
  /** Outcomes of commands that only read the project, by command; none runs twice. */
  readings: Map<string, Promise<Outcome>>;
  /** Later states, by the next command. */
  next: Map<string, Promise<State>>;
}

interface Release {
  commit: string;
  tag: string;
  /** By the last part of the image's name. */
  digests: Record<string, string>;
}

export async function openDocumentedProject(): Promise<DocumentedProject> {
  const folder = await mkdtemp(join(tmpdir(), 'documented-'));
  const cluster = await startFakeCluster({
    dir: join(folder, 'cluster'),
    dockerHost: lab.dockerHost,
    network: 'host',
    namespace: 'acme',
    namespaces: { acme: {} },
  });
  const acme = await createAcmeRepository({
    dir: join(folder, 'site'),
    registry: lab.registry,
    baseNode: lab.baseNode,
    prefix: newName('documented'),
  });
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'home'));
  await mkdir(join(folder, 'home/.docker'));
  await writeFile(join(folder, 'home/.docker/config.json'), '{"auths":{}}\n');
  await symlink(join(ROOT, 'dist/cli/index.js'), join(folder, 'bin/image-release'));
  const env = {
    ...LESS_GC,
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    HOME: join(folder, 'home'),
    TMPDIR: folder,
    DOCKER_HOST: lab.dockerHost,
    KUBECONFIG: cluster.kubeconfig,
  };
  const bash = async (dir: string, script: string): Promise<Outcome> => {
    const args = ['-e', '-u', '-o', 'pipefail', '-c', `exec </dev/null\n${script}`];
    const { code, stdout, stderr } = await run('bash', args, { cwd: dir, env });
    return { code, output: `${stdout.toString()}${stderr.toString()}` };
  };
  const shared = new SharedCli();
  /** Runs lines without shell syntax in one shared process, which loads the CLI only once. */
  const type = async (dir: string, line: string): Promise<Outcome> => {
    const [program, ...args] = line.split(' ');
    if (program !== 'image-release' || !/^[\w ./:=,@-]+$/.test(line)) return bash(dir, line);
    const end = await shared.run({ args, cwd: dir, env: { ...env, PWD: dir } }, 120_000);
    return { code: end?.exitCode ?? null, output: `${end?.stdout}${end?.stderr}` };
  };
  const must = async (script: string) => {
    const { code, output } = await type(acme.dir, script);
    if (code !== 0) throw new Error(`${script}: exit code ${code}\n${output}`);
    return output;
  };

  await shortenBuilds(acme.dir);
  const releases: Release[] = [];
  for (const [words, attest] of Object.entries({
    one: 'sbom: off',
    two: 'sbom: off',
    three: `scanner: ${lab.scanner}`,
  })) {
    releases.unshift(await releaseOf(acme.dir, words, attest, must));
  }
  await must('kubectl apply -k k8s');
  await writeFile(join(acme.dir, 'NOTES.md'), 'Nothing that is in an image.\n');
  await must('git add NOTES.md && git commit --quiet --message "Take notes" && git push --quiet');

  let copies = 0;
  const copyOf = async (dir: string): Promise<string> => {
    const copy = join(folder, `copy-${++copies}`);
    await run('cp', ['-a', dirname(dir), copy], { cwd: folder, env });
    await git(join(copy, 'acme'), ['remote', 'set-url', 'origin', join(copy, 'acme.git')]);
    return join(copy, 'acme');
  };
  const stateOf = (dir: string, outcome: Outcome): State => {
    return { dir, outcome, readings: new Map(), next: new Map() };
  };
  const begin = async (isNewProject: boolean): Promise<State> => {
    const dir = await copyOf(acme.dir);
    for (const path of isNewProject ? ['image-release.yml', '.github'] : []) {
      await rm(join(dir, path), { recursive: true });
    }
    return stateOf(dir, { code: 0, output: '' });
  };
  const change = async ({ dir }: State, line: string): Promise<State> => {
    const copy = await copyOf(dir);
    return stateOf(copy, await type(copy, line));
  };
  const beginnings = new Map<boolean, Promise<State>>();
  return {
    run: async (lines, { isNewProject }) => {
      let state = await once(beginnings, isNewProject, begin);
      for (const documented of lines) {
        const line = asInTheLab(documented, { prefix: acme.registry, releases });
        const { dir, readings, next } = state;
        if (isReading(line)) {
          const outcome = await once(readings, line, () => type(dir, line));
          if (outcome.code !== 0 || documented === lines.at(-1)) return outcome;
        } else {
          const before = state;
          state = await once(next, line, () => change(before, line));
          if (state.outcome.code !== 0) return state.outcome;
        }
      }
      return state.outcome;
    },
    close: async () => {
      shared.end();
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Calls `find` once per key. */
function once<K, V>(known: Map<K, Promise<V>>, key: K, find: (key: K) => Promise<V>): Promise<V> {
  const found = known.get(key) ?? find(key);
  known.set(key, found);
  return found;
}

/** Whether the command leaves the project, its origin and its registry unchanged. */
function isReading(line: string): boolean {
  if (line.includes('>')) return false;
  return (
    /^image-release (?:status|plan|verify|doctor|schema)\b|^image-release .* --dry-run\b/.test(line) ||
    /^git (?:log|show) |^docker buildx imagetools inspect |^kubectl (?:get|kustomize|rollout status) /.test(line)
  );
}

/** Removes `RUN` and `COPY --from`, which are slow and covered by other tests. */
async function shortenBuilds(dir: string): Promise<void> {
  for (const image of ['api', 'web']) {
    const path = join(dir, image, 'Dockerfile');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replaceAll(/^(?:RUN|COPY --from=).*\n/gm, ''));
  }
}

async function releaseOf(
  dir: string,
  words: string,
  attest: string,
  must: (script: string) => Promise<string>,
): Promise<Release> {
  for (const file of ['api/server.js', 'web/server.js']) {
    await writeFile(join(dir, file), `${await readFile(join(dir, file), 'utf8')}// ${words}\n`);
  }
  const configuration = join(dir, 'image-release.yml');
  const settings = (await readFile(configuration, 'utf8')).replace(/^attest: .*\n/m, '');
  await writeFile(configuration, `${settings}attest: { ${attest} }\n`);
  await must(`git commit --quiet --all --message "Say ${words}" && git push --quiet`);
  const commit = (await must('git rev-parse HEAD')).trim();
  const { images } = JSON.parse(await must('image-release release --json 2>/dev/null')) as {
    images: Record<string, { image: string; digest: string }>;
  };
  await must('git pull --quiet');
  const digests = Object.values(images).map(({ image, digest }) => [image.split('/').at(-1), digest]);
  return {
    commit,
    tag: `main-${commit.slice(0, 7)}`,
    digests: Object.fromEntries(digests) as Record<string, string>,
  };
}

/**
 * Replaces the invented names of the documents by names of the lab:
 *
 * | in the documents                                          | here                                          |
 * |-----------------------------------------------------------|-----------------------------------------------|
 * | `ghcr.io/acme/acme-api`, `ghcr.io/ardenone/acme-api`, …    | the image in the lab's registry               |
 * | `main-1a2b3c4`, `1a2b3c4`                                 | the newest release, its commit                |
 * | `main-0f9e8d7`, `0f9e8d7`                                 | the release before, its commit                |
 * | `@sha256:…`                                               | the newest digest of the preceding image name |
 * | `--channel production`                                    | the only channel                              |
 * | `npm install --global …`                                 | nothing: `image-release` is on PATH           |
 * | `image-release init`                                      | with `--yes`, because there is no terminal    |
 */
export function asInTheLab(
  script: string,
  { prefix, releases: [newest, former] }: { prefix: string; releases: Release[] },
): string {
  return script
    .replaceAll(/ghcr\.io\/(?:acme|ardenone)\//g, `${prefix}/`)
    .replaceAll(/([\w-]+)((?::[\w.-]+)?)@sha256:…/g, (_, image: string, tag: string) => {
      return `${image}${tag}@${newest?.digests[image]}`;
    })
    .replaceAll('1a2b3c4', newest!.commit.slice(0, 7))
    .replaceAll('0f9e8d7', former!.commit.slice(0, 7))
    .replaceAll('--channel production', '--channel main')
    .replaceAll(/^npm install --global .*$/gm, ':')
    .replaceAll(/image-release init(?! --)/g, 'image-release init --yes');
}
