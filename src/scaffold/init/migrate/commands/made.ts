import { isDockerfile } from '../../dockerfiles.js';
import type { Build } from '../build.js';
import { pathAt } from '../paths.js';
import { leave, type Command } from './session.js';

/** `sed … Dockerfile > Dockerfile.cross`, `cp Dockerfile build/`: a Dockerfile that is made of one of the repository. */
export function noteMade({ words, call, session }: Command): void {
  const paths = words.filter((word) => !word.startsWith('-')).map((word) => pathAt(call.folder, word));
  const to = call.output === undefined ? paths.at(-1) : pathAt(call.folder, call.output);
  const from = paths.find((path) => isDockerfile(path) && session.repository.paths.includes(path));
  if (to !== undefined && from !== undefined && from !== to) session.made.set(to, from);
}

/** Takes the Dockerfile of the repository for one that is made of it, and says so. */
export function standIn(build: Build, command: Command): void {
  const { made, repository } = command.session;
  const from = made.get(build.dockerfile);
  if (from === undefined || repository.paths.includes(build.dockerfile)) return;
  leave(
    command,
    `${build.dockerfile}, which a command makes of ${from}`,
    `\`${from}\` is taken as it stands: write into it what that command changes, or run the command in a step before the release and name ${build.dockerfile} under \`dockerfile\`.`,
  );
  build.dockerfile = from;
}
