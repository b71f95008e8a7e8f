import { posix } from 'node:path';
import type { Repository, RepositoryFile } from '../found.js';
import { followIn } from './commands/commands.js';
import { readKanikoManifests } from './commands/kaniko-manifests.js';
import { readWholeMakefile } from './commands/make.js';
import { rootScripts } from './commands/package-scripts.js';
import { newSession } from './commands/session.js';
import { noFindings, type Findings } from './findings.js';
import { scenarioOf } from './scenarios.js';

const SCRIPT = /\.(?:sh|bash)$|^#!.*\b(?:ba|da|k)?sh\b/;

/**
 * Shell scripts, Makefiles, scripts of package.json and manifests that run Kaniko; each as if somebody ran it on the default branch.
 * @param followed those that a workflow calls, and that were read there
 */
export function readScripts(repository: Repository, followed: readonly string[]): Findings[] {
  const isScript = ({ path, text }: RepositoryFile) =>
    /\.(?:sh|bash)$/.test(path) || SCRIPT.test(text.split('\n')[0] ?? '');
  const scenario = scenarioOf('default-branch', repository);
  const scripts = repository.files.filter(isScript);
  const called = calledBy(scripts);
  const seen = [...followed];
  // Scripts fill manifests in and Makefiles read parts in, so they come first.
  const rankOf = ({ path }: RepositoryFile) => (/\.ya?ml$/.test(path) ? 2 : path.endsWith('.mk') ? 1 : 0);
  const files = repository.files.toSorted((a, b) => rankOf(a) - rankOf(b));
  return files.flatMap((file) => {
    if (seen.includes(file.path)) return [];
    const findings = noFindings();
    const session = newSession({ repository, scenario, findings, variables: new Map(), metadata: [] });
    const place = { file: file.path, line: 1 };
    if (isScript(file)) {
      // What another script calls is read there, with its arguments.
      if (called.has(file.path)) return [];
      session.variables.set('0', file.path);
      session.variables.set('BASH_SOURCE', file.path);
      followIn(session, file.text, { place, folder: '.' });
    } else if (/(?:^|\/)(?:GNU)?[Mm]akefile$|\.mk$/.test(file.path)) {
      const folder = posix.dirname(file.path);
      readWholeMakefile(file, folder, session, followIn);
    } else if (/(?:^|\/)package\.json$/.test(file.path)) {
      const folder = posix.dirname(file.path);
      const text = rootScripts(file.text)
        .map((name) => `npm run ${name}`)
        .join('\n');
      followIn(session, text, { place, folder });
    } else if (/\.ya?ml$/.test(file.path) && !file.path.startsWith('.github/') && /kaniko/i.test(file.text)) {
      readKanikoManifests(file.text, {
        place,
        session,
        call: { words: [], line: 0, folder: '.', conditions: [] },
      });
    }
    seen.push(...findings.followed);
    const counted = [findings.builds, findings.bakes, findings.tried, findings.withheld, findings.updates];
    return counted.every((list) => list.length === 0) ? [] : [findings];
  });
}

/** Scripts that other scripts name. */
function calledBy(scripts: readonly RepositoryFile[]): Set<string> {
  const called = scripts.filter(({ path }) => {
    const name = path.split('/').at(-1)!;
    const call = new RegExp(`(?:^|[\\s/"'])${name.replace(/[.]/g, '\\.')}(?=[\\s"';]|$)`, 'm');
    return scripts.some((other) => other.path !== path && call.test(other.text.replace(/^\s*#.*$/gm, '')));
  });
  return new Set(called.map(({ path }) => path));
}
