import { isNotProduct } from '../dockerfiles.js';
import type { Repository } from '../found.js';
import { noteLeft, type Findings } from './findings.js';

export function isScript(path: string, text = ''): boolean {
  return /\.(?:sh|bash)$/.test(path) || /^#!.*\b(?:ba|da|k|z)?sh\b/.test(text);
}

const OTHERS =
  /(?:^|\/)(?:(?:GNU)?[Mm]akefile|.*\.mk|package\.json|Jenkinsfile|Earthfile|Tiltfile|[Rr]akefile|Taskfile(?:\.dist)?\.ya?ml|[Jj]ustfile|\.gitlab-ci\.ya?ml|azure-pipelines\.ya?ml|bitbucket-pipelines\.ya?ml|cloudbuild\.ya?ml|skaffold\.ya?ml|\.drone\.ya?ml|\.travis\.ya?ml|buildspec\.ya?ml|\.?goreleaser\.ya?ml)$|\.(?:ps1|bat|cmd)$|^\.circleci\/config\.ya?ml$|^\.woodpecker(?:\/.*)?\.ya?ml$|^\.(?:buildkite|tekton)\/.*$/;

const LINES: readonly (readonly [verb: string, line: RegExp])[] = [
  [
    'builds',
    /\b(?:docker|podman|nerdctl|buildah)\s+(?:(?:buildx|image|compose)\s+)*(?:build|bud|bake)\b|\bdocker-compose\s+build\b|docker\.build\(|\bdocker_build\(|^\s*SAVE IMAGE\b|^\s*dockers(?:_v2)?:|^\s*(?:- )?artifacts:\s*$/,
  ],
  ['builds with Kaniko', /kaniko-project|kaniko\/executor|\/kaniko:/],
  [
    'pushes',
    /\b(?:docker|podman|nerdctl|buildah|crane|skopeo)\s+(?:(?:image|compose)\s+)*(?:push|copy)\b|\bdocker-compose\s+push\b/,
  ],
  ['deploys', /\bkubectl\b.*\b(?:apply|set image)\b|\bkustomize edit set image\b|\bhelm\b.*\b(?:upgrade|install)\b/],
];

/** `ghcr.io/acme/api:1` after `-t`, `push` or `--destination=`. */
const NAMED = /(?:-t[ =]|--tag[ =]|push |destination=)["']?([\w./:$(){}@-]+)/;

/** Reports every file that builds or deploys and isn't read, so that nobody takes the proposal for everything. */
export function noteUnread({ files }: Repository, { left, followed }: Findings): void {
  for (const { path, text } of files) {
    const isManifest = /\.ya?ml$/.test(path) && /kaniko-project|kaniko\/executor/.test(text);
    const isOther = OTHERS.test(path) || isManifest || isScript(path, text);
    if (!isOther || path.startsWith('.github/') || followed.includes(path)) continue;
    if (isNotProduct(path) && !/^(?:hack|scripts?|tools?|\.\w+)\//.test(path)) continue;
    const lines = text
      .split('\n', 5000)
      .map((line) => (/^\s*(?:#|\/\/|@?echo\b)/.test(line) ? '' : line.slice(0, 500)));
    const found = LINES.map(([verb, pattern]) => ({ verb, at: lines.findIndex((line) => pattern.test(line)) }));
    const { verb, at } = found.find((each) => each.at >= 0) ?? {};
    if (verb === undefined || at === undefined) continue;
    const named = NAMED.exec(lines[at]!)?.[1] ?? (verb === 'deploys' ? '' : 'images');
    noteLeft(left, { file: path, line: at + 1 }, `${verb} ${named}`.trim(), 'unread');
  }
}
