import { isOwnPush } from '../../src/deploy/own-push.js';
import { failure } from '../../src/lib/errors.js';
import type { Source } from '../../src/facts/source.js';
import { configOf, sourceOf } from '../plan/fixtures.js';

const CONFIG = `
registry: ghcr.io/acme
images: { api: }
deploy:
  - k8s/main
  - { kustomization: 'k8s/live/*', branch: live }
  - { kustomization: elsewhere, repository: acme/gitops, branch: main }
`;
const DEPLOY = 'Deploy api main-1a2b3c4\n\napi: main-0 → main-1a2b3c4\n\nImage-Release-Id: 6f1f6f0e.1\n';
const FILE = 'k8s/main/kustomization.yaml';

const push = (messages: string[], ref: Source['ref'] = { type: 'branch', name: 'main' }): Source =>
  sourceOf({
    ref,
    event: {
      name: 'push',
      deleted: false,
      commits: messages.map((message, index) => ({ id: String(index).repeat(40), message })),
    },
  });

/** Whether the push counts as made by releases if each of its commits edits these files. */
const own = (source: Source, files: string[] | undefined) => isOwnPush(configOf(CONFIG), source, async () => files);

test.each<[string, Source, string[]]>([
  ['one deploy commit', push([DEPLOY]), [FILE]],
  ['several deploy commits', push([DEPLOY, DEPLOY]), [FILE]],
  ['a squashed deploy pull request', push([DEPLOY.replace(/^/, 'Roll out (#7)\n\n')]), [FILE]],
  [
    'a deploy commit on another deployed branch',
    push([DEPLOY], { type: 'branch', name: 'live' }),
    ['k8s/live/eu/kustomization.yml', 'k8s/live/us/kustomization.yml'],
  ],
])('a push of only %s starts no release', async (_, source, files) => {
  expect(await own(source, files)).toBe(true);
});

test.each<[string, Source, string[] | undefined]>([
  ['a tag on a deploy commit', push([], { type: 'tag', name: 'v1.0.0' }), [FILE]],
  ['a deploy commit on a branch without deploys', push([DEPLOY], { type: 'branch', name: 'next' }), [FILE]],
  ['a new or reset branch, whose push lists no commits,', push([]), [FILE]],
  ['a source commit followed by a deploy commit', push(['Round prices', DEPLOY]), [FILE]],
  ['a squash of a deploy commit and a source change', push([DEPLOY]), [FILE, 'api/server.js']],
  ['a commit that adds or removes files, or a merge,', push([DEPLOY]), undefined],
  ['a commit without changed files', push([DEPLOY]), []],
  ['a change to the Kustomization of another branch', push([DEPLOY]), ['k8s/live/eu/kustomization.yml']],
  ['a change to a Kustomization of another repository', push([DEPLOY]), ['elsewhere/kustomization.yml']],
  [
    'a commit message that only quotes a trailer',
    push(['Revert "x"\n\nImage-Release-Id: 1.1\n\nIt broke the shop.\n']),
    [FILE],
  ],
  ['an event other than a push', sourceOf({ event: { name: 'workflow_dispatch' } }), [FILE]],
])('%s starts a release', async (_, source, files) => {
  expect(await own(source, files)).toBe(false);
});

test("starts a release if the changed files can't be read, whatever the commit message", async () => {
  const refused = failure({ code: 'deploy/permission-denied', message: 'No.', fix: 'Ask.' });
  expect(await isOwnPush(configOf(CONFIG), push([DEPLOY]), () => Promise.reject(refused))).toBe(false);
});
