import { accessSync, constants, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { TestRunner, type RunnerTask, type RunnerTestCase, type RunnerTestFile, type RunnerTestSuite } from 'vitest';

/** What every system has on which the tests run: node and git, and of POSIX and util-linux what scripts use. */
const BASE = `
  node npm npx git sh bash dash awk mawk grep egrep fgrep sed tar gzip gunzip zcat find xargs diff cmp
  [ arch base64 basename cat chgrp chmod chown chroot cksum comm cp cut date dd df dirname du echo env expand expr
  false fmt fold groups head hostname id install join link ln logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl
  nohup nproc od paste pathchk pr printenv printf pwd readlink realpath rm rmdir seq sha1sum sha256sum shuf sleep sort
  split stat stdbuf stty sum sync tac tail tee test timeout touch tr true truncate tsort tty uname uniq unlink wc who
  whoami yes flock getopt kill mount umount nsenter rev script setpriv setsid unshare which
`
  .trim()
  .split(/\s+/);

/** The system's own folders: a PATH may leave them out. */
const SYSTEM = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/** Folder with links to those of `programs` that this machine has. */
function linkPrograms(programs: readonly string[]): string {
  const bin = mkdtempSync(join(tmpdir(), 'programs-'));
  const folders = [...(process.env.LAB_PATH ?? process.env.PATH ?? '').split(delimiter), ...SYSTEM];
  for (const program of programs) {
    const path = folders.map((folder) => join(folder, program)).find(isExecutable);
    if (path !== undefined) symlinkSync(path, join(bin, program));
  }
  return bin;
}

/** One for all files of this process. */
let base: string | undefined;
function baseFolder(): string {
  if (base !== undefined) return base;
  const folder = linkPrograms(BASE);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return (base = folder);
}

/** The programs that the first comment of a test file declares: `@programs docker kubectl`. */
export function declaredPrograms(file: string): string[] {
  const [comment = ''] = /^\s*\/\*\*.*?\*\//s.exec(readFileSync(file, 'utf8')) ?? [];
  return [...comment.matchAll(/@programs ([^\n*]*)/g)].flatMap(([, names = '']) => names.trim().split(/\s+/));
}

/**
 * Gives a test file a PATH with the base system and the programs that its header declares: what it uses without
 * saying so fails on every machine, not only on the one that lacks it. The files of a process begin with the same
 * environment.
 */
export default class DeclaredPrograms extends TestRunner {
  #environment = { ...process.env };
  #declared: string[] = [];
  #folder: string | undefined;

  override onCollectStart(file: RunnerTestFile): void {
    super.onCollectStart(file);
    this.#declared = declaredPrograms(file.filepath);
    const folders = [baseFolder()];
    if (this.#declared.length > 0) folders.unshift((this.#folder = linkPrograms(this.#declared)));
    process.env.PATH = folders.join(delimiter);
  }

  override onAfterRunTask(test: RunnerTestCase): void {
    super.onAfterRunTask(test);
    this.#explain(test);
  }

  override async onAfterRunSuite(suite: RunnerTestSuite): Promise<void> {
    await super.onAfterRunSuite(suite);
    this.#explain(suite);
  }

  override onAfterRunFiles(): void {
    super.onAfterRunFiles();
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, this.#environment);
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  #explain({ result }: RunnerTask): void {
    for (const error of result?.errors ?? []) explain(error, this.#declared);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** How node, shells and image-release say that a program is missing. */
const MISSING = [
  /spawn(?:Sync)? ([\w.+-]+) ENOENT/,
  /(?:^|\s)([\w.+-]+): (?:command )?not found/m,
  /\b(buildctl|chromium|cosign|docker|dockerd|fish|kubectl|kustomize|pngquant|shellcheck|zsh)\b/,
];

/** Adds to the error of a failed test which program the test could not see, and how to declare it. */
function explain(error: { message: string }, declared: readonly string[]): void {
  const program = MISSING.map((pattern) => pattern.exec(error.message)?.[1]).find(
    (name) => name !== undefined && !BASE.includes(name) && !declared.includes(name),
  );
  if (program === undefined) return;
  const seen = declared.length === 0 ? '' : ` and ${declared.join(', ')}`;
  error.message += `\n\nThis test file sees the base system${seen}, not ${program}. If it needs ${program}, declare it in the first comment of the file: @programs ${[...declared, program].join(' ')}`;
}
