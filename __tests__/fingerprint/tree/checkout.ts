import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openIndexProof } from '../../../src/fingerprint/tree/index-proof.js';
import { readTree } from '../../../src/fingerprint/tree/read-tree.js';
import type { TreeEntry } from '../../../src/fingerprint/tree/tree.js';
import { WorkTree } from '../../../src/fingerprint/tree/work-tree.js';

const EVERYTHING = { status: 'all', reason: 'for a test' } as const;
/** Git's own folder is no input of these tests. */
const WITHOUT_GIT = {
  ignores: (path: string) => /(^|\/)\.git($|\/)/.test(path),
  prunes: (path: string) => /(^|\/)\.git($|\/)/.test(path),
};

/** A real git repository in a folder of its own. */
export class Checkout {
  readonly home = mkdtempSync(join(tmpdir(), 'checkout-'));
  readonly env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: this.home,
    GIT_CONFIG_NOSYSTEM: '1',
    ...Object.fromEntries(
      ['AUTHOR', 'COMMITTER'].flatMap((role) => [
        [`GIT_${role}_NAME`, 'Acme developer'],
        [`GIT_${role}_EMAIL`, 'developer@acme.example'],
      ]),
    ),
  };

  /** @param root relative to the folder that `remove` removes */
  constructor(
    readonly name = 'repository',
    options: string[] = [],
  ) {
    this.git(this.home, 'init', '--quiet', '--initial-branch=main', ...options, name);
  }

  get root(): string {
    return join(this.home, this.name);
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  git(cwd: string, ...args: string[]): string {
    return execFileSync('git', args, {
      cwd,
      env: this.env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  run(...args: string[]): string {
    return this.git(this.root, ...args);
  }

  write(files: Record<string, string | Buffer>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      writeFileSync(join(this.root, path), content);
    }
  }

  /** Commits all, so that the index is sure of it. */
  async commit(files: Record<string, string | Buffer>): Promise<void> {
    this.write(files);
    this.run('add', '--all');
    this.run('commit', '--quiet', '--allow-empty', '--message', 'Change');
    await settle(this.env, this.root);
  }
}

/** Writes the index once more when the files are older than a tick of the clock. */
export async function settle(env: NodeJS.ProcessEnv, cwd: string): Promise<void> {
  await sleep(30);
  execFileSync('git', ['update-index', '--force-write-index'], { cwd, env });
}

export interface Compared {
  /** With git's index as a help, and by reading all. */
  fast: TreeEntry[] | string;
  plain: TreeEntry[] | string;
  /** Paths that the index proves. */
  proven: string[];
  /** Blob id or link target's id by path, of the plain reading. */
  contents: Record<string, string>;
}

/** Reads a folder in both ways. @param env for git */
export async function compareReadings(folder: string, env: NodeJS.ProcessEnv): Promise<Compared> {
  const proof = await openIndexProof({ folder, env, from: 0 });
  const assisted = new WorkTree(proof);
  const fast = await read(assisted, folder);
  const plain = await read(new WorkTree(), folder);
  const entries = typeof plain === 'string' ? [] : plain;
  const isProven = (path: string) => {
    const place = dirname(join(folder, path));
    const { blobOf } = proof?.inFolder(place, assisted.describes) ?? {};
    return blobOf?.(basename(path), lstatSync(join(folder, path))) !== undefined;
  };
  return {
    fast,
    plain,
    proven: entries.filter(({ type, path }) => type === 'file' && isProven(path)).map(({ path }) => path),
    contents: Object.fromEntries(entries.map(({ path, content }) => [path, content])),
  };
}

async function read(workTree: WorkTree, folder: string): Promise<TreeEntry[] | string> {
  const reading = await readTree(workTree, { folder, rules: WITHOUT_GIT, reads: EVERYTHING });
  return reading.status === 'read' ? reading.entries : reading.reason;
}
