import type { Repository } from '../found.js';
import { noteLeft, type Findings } from './findings.js';

/** Files of other programs that run builds. */
const OTHERS =
  /(?:^|\/)(?:Jenkinsfile|Earthfile|Tiltfile|[Rr]akefile|Taskfile(?:\.dist)?\.ya?ml|[Jj]ustfile|\.gitlab-ci\.ya?ml|azure-pipelines\.ya?ml|bitbucket-pipelines\.ya?ml|cloudbuild\.ya?ml|skaffold\.ya?ml|\.drone\.ya?ml|\.travis\.ya?ml|buildspec\.ya?ml)$|\.(?:ps1|bat|cmd)$|^\.circleci\/config\.ya?ml$|^\.woodpecker(?:\/.*)?\.ya?ml$/;
const BUILDS =
  /\b(?:docker|podman|nerdctl|buildah)\s+(?:(?:buildx|image|compose)\s+)*(?:build|bud|bake|push)\b|\bdocker-compose\s+(?:build|push)\b|docker\.build\(|\bdocker_build\(|^\s*SAVE IMAGE\b|kaniko/;
/** Where images are described and no command is written. */
const DESCRIBES: readonly (readonly [RegExp, RegExp])[] = [
  [/(?:^|\/)skaffold\.ya?ml$/, /^\s*(?:- )?artifacts:/],
];

/** Tells of what builds images and is not read here, so that nobody takes the proposal for all that there is. */
export function tellUnread({ files }: Repository, findings: Findings): void {
  for (const { path, text } of files) {
    if (!OTHERS.test(path) || findings.followed.includes(path)) continue;
    const [, described] = DESCRIBES.find(([name]) => name.test(path)) ?? [];
    const line = text.split('\n').findIndex((each) => BUILDS.test(each) || described?.test(each)) + 1;
    if (line > 0)
      noteLeft(
        findings,
        { file: path, line },
        `what ${path} builds`,
        'Files of this kind are not read: compare names, tags and arguments with the proposal.',
      );
  }
}
