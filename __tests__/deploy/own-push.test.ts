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

/** Whether the push is taken for the work of releases, when each of its commits edits these files. */
const own = (source: Source, files: string[] | undefined) => isOwnPush(configOf(CONFIG), source, async () => files);

test.each<[string, Source, string[]]>([
  ['a deploy commit', push([DEPLOY]), [FILE]],
  ['several of them', push([DEPLOY, DEPLOY]), [FILE]],
  ['a squashed deploy pull request', push([DEPLOY.replace(/^/, 'Roll out (#7)\n\n')]), [FILE]],
  [
    'one of another branch that is deployed to',
    push([DEPLOY], { type: 'branch', name: 'live' }),
    ['k8s/live/eu/kustomization.yml', 'k8s/live/us/kustomization.yml'],
  ],
])('%s alone starts no release', async (_, source, files) => {
  expect(await own(source, files)).toBe(true);
});

test.each<[string, Source, string[] | undefined]>([
  ['a tag that is set at a deploy commit', push([], { type: 'tag', name: 'v1.0.0' }), [FILE]],
  ['a branch that does not deploy, brought up to one', push([DEPLOY], { type: 'branch', name: 'next' }), [FILE]],
  ['a branch that is new, or was reset to one', push([]), [FILE]],
  ['a commit and the deploy commit after it', push(['Round prices', DEPLOY]), [FILE]],
  ['a squash that took the trailer along with the change', push([DEPLOY]), [FILE, 'api/server.js']],
  ['a commit that adds or removes files, or merges', push([DEPLOY]), undefined],
  ['a commit that changes nothing', push([DEPLOY]), []],
  ['the Kustomization of another branch', push([DEPLOY]), ['k8s/live/eu/kustomization.yml']],
  ['a Kustomization of another repository', push([DEPLOY]), ['elsewhere/kustomization.yml']],
  [
    'a message that quotes a deploy commit',
    push(['Revert "x"\n\nImage-Release-Id: 1.1\n\nIt broke the shop.\n']),
    [FILE],
  ],
  ['another event', sourceOf({ event: { name: 'workflow_dispatch' } }), [FILE]],
])('%s is released', async (_, source, files) => {
  expect(await own(source, files)).toBe(false);
});

test('what can not be looked at is released: nothing is skipped on a message alone', async () => {
  const refused = failure({ code: 'deploy/permission-denied', message: 'No.', fix: 'Ask.' });
  expect(await isOwnPush(configOf(CONFIG), push([DEPLOY]), () => Promise.reject(refused))).toBe(false);
});
