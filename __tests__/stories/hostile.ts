import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { git } from '../../testing/acme.js';
import { commitTo, createBareRepository, type WrittenFile } from '../../testing/bare-repository.js';
import { runStage } from '../../testing/runner/stage-process.js';
import { CLI, SharedCli, type SharedEnd } from './shared-cli.js';

/** Limit of the address space. */
const MOST_KIB = 4 * 1024 * 1024;
/** Limit of the used memory. */
const MOST_HELD_KIB = 500 * 1024;
/** A process that used this much gets no further case, because memory can't be attributed to a single case. */
const MUCH_HELD_KIB = 200 * 1024;
/** The deadlines of the CLI are 15 s; the rest is for a busy machine. */
const LONGEST_MS = 40_000;
const LIMITED = ['/bin/sh', '-c', `ulimit -v ${MOST_KIB}; exec "$@"`, 'sh', process.execPath];

export interface HostileCase {
  name: string;
  args: readonly string[];
  cwd: string;
  env?: Record<string, string>;
  /** Standard input; such a case runs in a separate process. */
  input?: string;
}

/**
 * Runs the bundle once per case, a few at a time, without a Docker daemon.
 * @returns one line per case that doesn't end within its time and memory, with a documented exit code, without a stack
 *   trace, and with a problem code if it fails
 */
export async function fallsShort(cases: readonly HostileCase[], atOnce = 2): Promise<string[]> {
  const waiting = [...cases];
  const short: string[] = [];
  const work = async () => {
    const shared = new SharedCli(LIMITED);
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const why = await tryOne(next, shared);
      if (why.length > 0) short.push(`${next.name}: ${why.join('; ')}`);
    }
    shared.end();
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return short;
}

async function runAlone(
  { args, cwd, input = '' }: HostileCase,
  env: Record<string, string>,
): Promise<SharedEnd | undefined> {
  const cancel = AbortSignal.timeout(LONGEST_MS);
  const [program = '', ...before] = LIMITED;
  const end = await runStage({
    program,
    args: [...before, CLI, ...args],
    cwd,
    env,
    input,
    cancel,
  });
  return end.endedAfterMs === undefined ? end : undefined;
}

async function tryOne(one: HostileCase, shared: SharedCli): Promise<string[]> {
  const home = mkdtempSync(join(tmpdir(), 'hostile-home-'));
  const PATH = process.env['PATH'] ?? '';
  const env = { PATH, HOME: home, TMPDIR: home, NO_PROXY: '*', ...PROGRAMS, ...one.env };
  try {
    const { args, cwd } = one;
    const end = await (one.input === undefined ? shared.run({ args, cwd, env }, LONGEST_MS) : runAlone(one, env));
    if ((end?.heldKib ?? 0) > MUCH_HELD_KIB) shared.end();
    if (end === undefined) return [`still there after ${LONGEST_MS / 1000} s`];
    const said = `${end.stdout}\n${end.stderr}`;
    // A run that did nothing would pass all checks below.
    const why: string[] = said.trim() === '' ? ['nothing printed'] : [];
    if (![0, 1, 2, 3].includes(end.exitCode)) why.push(`exit code ${end.exitCode}`);
    if ((end.heldKib ?? 0) > MOST_HELD_KIB) why.push(`${Math.round(end.heldKib! / 1024)} MiB in memory`);
    if (/^\s+at .*:\d+:\d+\)?$/m.test(said)) why.push('a stack');
    if (/internal\/unexpected/.test(said)) why.push('internal/unexpected');
    if (/FATAL ERROR|heap out of memory|RangeError|Maximum call stack/.test(said)) why.push('a crash');
    if (
      [1, 2].includes(end.exitCode) &&
      !/(?:error \[|"code": ?")[a-z]+\/[a-z-]+/.test(said) &&
      !SPEAKS.test(one.args[0] ?? '')
    )
      why.push('no problem with a code');
    // A terminal would interpret them.
    if (/\u001b|\u009b/.test(said)) why.push('an escape sequence');
    return why.length > 0 ? [...why, JSON.stringify(said.trim().slice(0, 300))] : [];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Their exit code reports what they found; their text explains it without a problem code. */
const SPEAKS = /^(?:status|verify|doctor)$/;

/** Excludes the machine's Docker daemon and git configuration. */
const PROGRAMS = {
  DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
};

export interface HostileSite {
  dir: string;
  bare: string;
  /** Writes a file into the work tree; @returns its path */
  write(path: string, bytes: string | Uint8Array): string;
}

/** Creates a checkout with one image and a Kustomization, its bare origin, and an optional ledger. */
export async function openSite(
  base: string,
  name: string,
  { host = '127.0.0.1:1', files = {}, ledger, ledgerMessage = 'Ledger' }: SiteOptions = {},
): Promise<HostileSite> {
  const [dir, bare] = [join(base, name, 'app'), join(base, name, 'app.git')];
  createBareRepository(bare);
  const head = commitTo(bare, {
    branch: 'main',
    message: 'Start',
    files: {
      'image-release.yml': `registry: ${host}/acme\nimages: { api: {} }\ndeploy: k8s\n`,
      'api/Dockerfile': 'FROM scratch\nCOPY x /\n',
      'api/x': 'x',
      'k8s/kustomization.yml': `resources: [pod.yaml]\nimages:\n  - name: ${host}/acme/api\n    newTag: v1\n`,
      'k8s/pod.yaml': `kind: Pod\napiVersion: v1\nmetadata: { name: api }\nspec: { containers: [{ name: api, image: '${host}/acme/api' }] }\n`,
      ...files,
    },
  });
  if (ledger !== undefined) {
    const made = ledger({ head, host });
    commitTo(bare, { branch: 'ledger', parents: [], message: ledgerMessage, files: made });
    mkdirSync(join(bare, 'refs/image-release'), { recursive: true });
    renameSync(join(bare, 'refs/heads/ledger'), join(bare, 'refs/image-release/main'));
  }
  await git(dirname(bare), ['clone', '--quiet', bare, dir]);
  return siteIn(dir, bare);
}

export function siteIn(dir: string, bare: string): HostileSite {
  return {
    dir,
    bare,
    write(path, bytes) {
      const file = join(dir, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
      return file;
    },
  };
}

export interface SiteOptions {
  host?: string;
  files?: Record<string, string | WrittenFile>;
  ledger?: (of: { head: string; host: string }) => Record<string, string | WrittenFile>;
  ledgerMessage?: string;
}

export const DIGEST = `sha256:${'a'.repeat(64)}`;

/** A ledger as a release writes it; `over` replaces fields in the entry of the image. */
export function ledgerText({ head, host }: { head: string; host: string }, over: object = {}): string {
  const source = { commit: head, run: 1 };
  const release = { tag: 'v1', digest: DIGEST, source, at: '2026-01-01T00:00:00.000Z', commit: head };
  const entry = { key: 'api', status: 'deployed', newest: source, current: release, history: [], ...over };
  return JSON.stringify({ version: 1, channel: 'main', images: { [`${host}/acme/api`]: entry } });
}
