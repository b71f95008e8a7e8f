import { ensureDebianPackages } from '../../lab/packages.js';

test('nothing is installed, and no rights are asked for, when everything is there', async () => {
  await expect(ensureDebianPackages(['git', 'docker.io', 'ca-certificates'])).resolves.toBeUndefined();
});

test('what is missing and cannot be installed is named', async () => {
  // No apt-get on this PATH either, as on a machine that is no Debian.
  const attempt = ensureDebianPackages(['git', 'kustomize'], { PATH: '/nonexistent' });
  await expect(attempt).rejects.toThrow('Not installed here: git kustomize');
});
