import { ensureDebianPackages } from '../../lab/packages.js';

test('succeeds if all packages are installed', async () => {
  await expect(ensureDebianPackages(['git', 'docker.io', 'ca-certificates'])).resolves.toBeUndefined();
});

test("names the missing packages if they can't be installed", async () => {
  // This PATH has no apt-get, as on a machine without Debian.
  const attempt = ensureDebianPackages(['git', 'kustomize'], { PATH: '/nonexistent' });
  await expect(attempt).rejects.toThrow('Not installed here: git kustomize');
});
