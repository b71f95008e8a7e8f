import { accessSync, constants, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { TestEnvironment as NodeEnvironment } from 'jest-environment-node';

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
function linkPrograms(programs) {
  const bin = mkdtempSync(join(tmpdir(), 'programs-'));
  const folders = [...(process.env.LAB_PATH ?? process.env.PATH ?? '').split(delimiter), ...SYSTEM];
  for (const program of programs) {
    const path = folders.map((folder) => join(folder, program)).find(isExecutable);
    if (path !== undefined) symlinkSync(path, join(bin, program));
  }
  return bin;
}

/** One for all files of this process. */
let base;
function baseFolder() {
  if (base === undefined) {
    base = linkPrograms(BASE);
    process.on('exit', () => rmSync(base, { recursive: true, force: true }));
  }
  return base;
}

/**
 * Gives a test file a PATH with the base system and the programs that its header declares, `@programs docker kubectl`:
 * what it uses without saying so fails on every machine, not only on the one that lacks it.
 */
export default class DeclaredPrograms extends NodeEnvironment {
  #declared;
  #folder;
  #path = process.env.PATH;

  constructor(config, context) {
    super(config, context);
    this.#declared = [context.docblockPragmas.programs ?? []].flat().join(' ').split(/\s+/).filter(Boolean);
    const folders = [baseFolder()];
    if (this.#declared.length > 0) folders.unshift((this.#folder = linkPrograms(this.#declared)));
    this.global.process.env.PATH = folders.join(delimiter);
    // Node starts programs by its own environment where a test gives none.
    process.env.PATH = folders.join(delimiter);
  }

  handleTestEvent(event) {
    if (event.name !== 'test_done' && event.name !== 'error') return;
    const errors = event.test?.errors ?? [];
    for (const [error] of errors.filter(Array.isArray)) explain(error, this.#declared);
  }

  async teardown() {
    await super.teardown();
    process.env.PATH = this.#path;
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

function isExecutable(path) {
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
function explain(error, declared) {
  if (typeof error?.stack !== 'string') return; // of the test's own realm: no instanceof
  const program = MISSING.map((pattern) => pattern.exec(error.message)?.[1]).find(
    (name) => name !== undefined && !BASE.includes(name) && !declared.includes(name),
  );
  if (program === undefined) return;
  const seen = declared.length === 0 ? '' : ` and ${declared.join(', ')}`;
  error.stack += `\n\nThis test file sees the base system${seen}, not ${program}. If it needs ${program}, declare it in the first comment of the file: @programs ${[...declared, program].join(' ')}`;
}
