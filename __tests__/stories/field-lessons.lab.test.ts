/** @programs kustomize */
import { kustomization, openCliSite, type CliSite } from './cli-site.js';

const DIGEST = `sha256:${'7'.repeat(64)}`;

/** Deploys without a registry check; @returns the changed lines */
async function changesOf(site: CliSite, images: Record<string, string>): Promise<string[]> {
  const before = (await site.traces()).head;
  const args = Object.entries(images).flatMap(([key, rest]) => ['--image', `${key}=${site.prefix}/${key}${rest}`]);
  const { exitCode, stderr } = await site.cli(['deploy', ...args, '--no-registry-check']);
  if (exitCode !== 0) throw new Error(stderr);
  return site.changedLines(before);
}

describe('deploy', () => {
  let site: CliSite;
  beforeEach(async () => {
    site = await openCliSite();
  });
  afterEach(() => site.close());

  test('changes only the given image, keeps comments, and replaces an old digest', async () => {
    await site.commit({
      'k8s/kustomization.yml': kustomization(site.prefix).replace(
        "newTag: 'main-0000000'   # shows",
        `digest: ${DIGEST} # shows`,
      ),
    });
    expect(await changesOf(site, { api: ':v2' })).toEqual(['-    newTag: main-0000000', '+    newTag: v2']);
    const newer = `sha256:${'8'.repeat(64)}`;
    expect(await changesOf(site, { web: `:v2@${newer}` })).toEqual([
      `-    digest: ${DIGEST} # shows`,
      '+    newTag: v2',
      `+    digest: ${newer} # shows`,
    ]);
  });

  test('updates an entry with another name than the pushed image, and adds one with `add-missing`', async () => {
    await site.configure({ deploy: { kustomization: 'k8s', 'add-missing': true } });
    await site.commit({
      'k8s/kustomization.yml': kustomization(site.prefix).replace(/ {2}- name: \S+\/api.*\n.*\n/, ''),
    });
    expect(await changesOf(site, { web: ':v2', api: ':v3' })).toEqual([
      "-    newTag: 'main-0000000'   # shows",
      "+    newTag: 'v2'   # shows",
      `+  - name: ${site.prefix}/api`,
      "+    newTag: 'v3'",
    ]);
  });

  test('edits and checks only the configured file if `deploy` is the path of a second Kustomization', async () => {
    await site.configure({ deploy: 'k8s/kustomization-staging.yml' });
    await site.commit({ 'k8s/kustomization-staging.yml': kustomization(site.prefix) });
    const before = await site.read('k8s/kustomization.yml');
    expect(await changesOf(site, { api: ':v2' })).toEqual(['-    newTag: main-0000000', '+    newTag: v2']);
    await site.git('pull', '--quiet', '--rebase', 'origin', 'main');
    expect(await site.read('k8s/kustomization.yml')).toBe(before);
    expect(await site.read('k8s/kustomization-staging.yml')).toContain('newTag: v2');

    await site.commit({
      'k8s/kustomization-staging.yml': kustomization(site.prefix).replace('pods.yaml', 'gone.yaml'),
    });
    const image = `api=${site.prefix}/api:v3`;
    const { exitCode, stderr } = await site.cli(['deploy', '--image', image, '--no-registry-check']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error \[deploy\/kustomize-rejects\] k8s\/kustomization-staging\.yml:4\n.*gone\.yaml/m);
  });
});
