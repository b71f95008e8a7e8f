import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ProgramMissing, run } from '../src/lib/process.js';
import { SERVICE_PATH } from './service.js';

/** What the lab runs, by the Debian package that brings it: any one of `paths` or of `programs` will do. */
const PACKAGES = {
  'busybox-static': { programs: ['busybox'], paths: [] },
  'ca-certificates': { programs: [], paths: ['/etc/ssl/certs/ca-certificates.crt'] },
  chromium: { programs: ['chromium'], paths: [] },
  containerd: { programs: ['containerd'], paths: [] },
  debootstrap: { programs: ['debootstrap'], paths: [] },
  'docker-buildx': {
    programs: ['docker-buildx'],
    paths: ['/usr/libexec/docker/cli-plugins/docker-buildx', '/usr/lib/docker/cli-plugins/docker-buildx'],
  },
  'docker-cli': { programs: ['docker'], paths: [] },
  'docker-registry': { programs: ['docker-registry'], paths: [] },
  'docker.io': { programs: ['dockerd'], paths: [] },
  'fonts-liberation': {
    programs: [],
    paths: ['/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf'],
  },
  'fonts-noto-color-emoji': { programs: [], paths: ['/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf'] },
  fish: { programs: ['fish'], paths: [] },
  git: { programs: ['git'], paths: [] },
  'kubernetes-client': { programs: ['kubectl'], paths: [] },
  kustomize: { programs: ['kustomize'], paths: [] },
  pngquant: { programs: ['pngquant'], paths: [] },
  shellcheck: { programs: ['shellcheck'], paths: [] },
  zsh: { programs: ['zsh'], paths: [] },
} as const;

export type PackageName = keyof typeof PACKAGES;

/** What a program is of no use without. */
const COMPANIONS: Partial<Record<string, PackageName[]>> = {
  chromium: ['fonts-liberation', 'fonts-noto-color-emoji'],
  docker: ['docker-buildx'],
};

/**
 * The packages that bring these programs.
 * @throws Error that names a program that no package of the table brings
 */
export function packagesOf(programs: Iterable<string>): PackageName[] {
  const entries = Object.entries(PACKAGES) as [PackageName, { programs: readonly string[] }][];
  const names = [...programs].flatMap((program) => {
    const own = entries.find(([, brings]) => brings.programs.includes(program))?.[0];
    if (own === undefined) throw new Error(`No Debian package is known for ${program}: add it to lab/packages.ts.`);
    return [own, ...(COMPANIONS[program] ?? [])];
  });
  return [...new Set(names)];
}

/** Brought by the part that needs it. */
const EXTRA: readonly PackageName[] = [
  ...(['chromium', 'fonts-liberation', 'fonts-noto-color-emoji'] as const),
  ...(['debootstrap', 'fish', 'kubernetes-client', 'pngquant', 'shellcheck', 'zsh'] as const),
];

/** Everything that the tests and the demo need besides node and npm. */
export const LAB_PACKAGES = (Object.keys(PACKAGES) as PackageName[]).filter((name) => !EXTRA.includes(name));

// apt's own texts for "somebody else is installing"; the exit code (100) is the same for every failure.
const APT_BUSY = /Could not get lock|Unable to acquire the dpkg|dpkg frontend lock|is another process using it/;
const APT_TRIES = 20;

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function isInstalled(name: PackageName, folders: readonly string[]): Promise<boolean> {
  const { programs, paths } = PACKAGES[name];
  const places = [...paths, ...programs.flatMap((program) => folders.map((folder) => join(folder, program)))];
  for (const place of places) if (await isThere(place)) return true;
  return false;
}

async function missingPackages(names: readonly PackageName[], path: string): Promise<PackageName[]> {
  // The daemons live in sbin, which an ordinary user's PATH leaves out on Debian.
  const folders = [...path.split(delimiter), '/usr/sbin', '/sbin'].filter((folder) => folder !== '');
  const missing: PackageName[] = [];
  for (const name of names) if (!(await isInstalled(name, folders))) missing.push(name);
  return missing;
}

async function apt(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const result = await run('apt-get', args, { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } });
    if (result.code === 0) return;
    const said = result.stderr.toString().trim();
    if (attempt === APT_TRIES || !APT_BUSY.test(said)) {
      throw new Error(`apt-get ${args[0]} failed (exit code ${result.code}):\n${said}`);
    }
    await delay(3000);
  }
}

/**
 * Installs those of the given packages whose programs are not there yet. Does nothing, and needs neither
 * Debian nor root, when nothing is missing.
 * @throws Error that names the missing programs when they can't be installed here
 */
export async function ensureDebianPackages(
  names: readonly PackageName[] = LAB_PACKAGES,
  env: NodeJS.ProcessEnv = { ...process.env, PATH: SERVICE_PATH },
): Promise<void> {
  const missing = await missingPackages(names, env.PATH ?? '');
  if (missing.length === 0) return;
  const list = missing.join(' ');
  if (process.getuid?.() !== 0) {
    throw new Error(
      `Not installed here: ${list}. Install them (\`sudo apt-get install --no-install-recommends ${list}\`) ` +
        'and start again as root: the lab starts a Docker daemon of its own.',
    );
  }
  process.stderr.write(`Installing ${list} (apt-get) …\n`);
  try {
    await apt(['update', '-q'], env);
    await apt(['install', '-q', '-y', '--no-install-recommends', ...missing], env);
  } catch (error) {
    if (!(error instanceof ProgramMissing)) throw error;
    throw new Error(
      `Not installed here: ${list}, and this is no Debian where apt-get could bring them. ` +
        'Install the programs that these packages hold, then start again.',
    );
  }
}
