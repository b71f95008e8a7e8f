import type { ScaffoldFile } from '../scaffold-file.js';
import { runnerManifests } from './manifests.js';
import { runnerReadme } from './readme.js';
import type { Runner } from './runner.js';
import { runnerScripts } from './scripts.js';

/** All files of a runner. @param folder relative to the repository root, without a slash at the end */
export function kanikoRunner(runner: Runner, folder: string): ScaffoldFile[] {
  const scripts = runnerScripts(runner);
  return [
    ...Object.entries(runnerManifests(runner, Object.keys(scripts))).map(([name, text]) => ({
      path: `${folder}/${name}`,
      text,
    })),
    ...Object.entries(scripts).map(([name, text]) => ({
      path: `${folder}/scripts/${name}`,
      text,
      executable: true,
    })),
    { path: `${folder}/README.md`, text: runnerReadme(runner, folder) },
  ];
}
