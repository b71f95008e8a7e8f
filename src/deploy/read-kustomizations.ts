import { problem, type Problem } from '../lib/errors.js';
import type { ActiveDeploy, ReadKustomization } from './deploy-edits.js';
import { locateKustomizations } from './kustomization/location.js';
import type { Snapshot, TargetFile } from './target.js';

/** Finds and reads the Kustomizations of all deploys at one commit, in the order of the deploys. */
export async function readKustomizations(
  snapshot: Snapshot,
  deploys: readonly ActiveDeploy[],
): Promise<ReadKustomization[]> {
  const paths = await snapshot.list();
  const located = deploys.map((deploy) => ({
    deploy,
    location: locateKustomizations(deploy.target.kustomization, paths),
  }));
  const files = await snapshot.readAll([
    ...new Set(located.flatMap(({ location }) => (location.status === 'found' ? location.paths : []))),
  ]);
  return located.flatMap(({ deploy, location }): ReadKustomization[] => {
    if (location.status === 'problem') {
      return [{ status: 'problem', deploy, problem: { place: deploy.place, ...location.problem } }];
    }
    return location.paths.map((path) => {
      const file = files.get(path);
      if (!file) throw new Error(`${path} is listed at ${snapshot.head} but can't be read`);
      return file.mode === '120000'
        ? { status: 'problem', deploy, problem: symlinkProblem(path, file) }
        : { status: 'read', deploy, path, file };
    });
  });
}

function symlinkProblem(path: string, file: TargetFile): Problem {
  const link = Buffer.from(file.bytes).toString('utf8');
  return problem({
    code: 'deploy/kustomization-missing',
    message: `${path} is a symbolic link to ${link}; an edit would replace the link by a file.`,
    fix: 'Set deploy.kustomization to the file that it points to.',
    place: { file: path },
  });
}
