import { chmod, mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PackagesUnavailable, unpackDebianPackages } from '../../lab/debian-download.js';

/** A fake apt-get that offers the version in a file and logs its calls. */
const APT = `#!/bin/sh
cd "$(dirname "$0")"; version=$(cat version) || { echo "E: no route to mirror" >&2; exit 100; }
echo "$@" >> calls
case "$*" in
  indextargets*) echo "file:/folder ./ \\$(COMPONENT) \\$(SIGNED_BY)"
                 echo "http://mirror.example.org/security stable-security main /keys/debian.pgp"
                 echo "http://mirror.example.org/debian stable main /keys/debian.pgp" ;;
  *update*) for option; do case $option in Dir::Etc::sourcelist=*) cat "\${option#*=}" > sources ;; esac; done ;;
  *--print-uris*) echo "'http://mirror.example.org/tool_$version.deb' tool_$version.deb 7 SHA256:$version" ;;
  *download*) cd "$OLDPWD" && echo "$version" > tool_$version.deb ;;
esac
`;
const DPKG = '#!/bin/sh\nmkdir -p "$3/usr/bin" && cp "$2" "$3/usr/bin/tool"\n';

let dir: string;
const at = (path: string) => join(dir, path);
const unpack = () =>
  unpackDebianPackages({
    name: 'tool',
    release: 'testing',
    packages: ['tool'],
    env: { PATH: `${at('bin')}:${process.env.PATH}`, XDG_CACHE_HOME: at('cache') },
  });
const versionIn = async ({ root }: { root: string }) => (await readFile(join(root, 'usr/bin/tool'), 'utf8')).trim();
const calls = async () => (await readFile(at('bin/calls'), 'utf8')).trim().split('\n').length;

/** Makes all cached packages look older. */
async function age(days: number): Promise<void> {
  const then = new Date(Date.now() - days * 24 * 60 * 60 * 1000);
  for (const name of await readdir(at('cache/image-release-lab'))) {
    for (const file of ['packages.json', 'used'])
      await utimes(at(`cache/image-release-lab/${name}/${file}`), then, then);
  }
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'debian-download-'));
  await mkdir(at('bin'));
  for (const [name, text] of [
    ['apt-get', APT],
    ['dpkg', DPKG],
  ] as const) {
    await writeFile(at(`bin/${name}`), text);
    await chmod(at(`bin/${name}`), 0o755);
  }
  await writeFile(at('bin/version'), '1');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test("takes the release from the mirror of the machine's own sources, with their key", async () => {
  const unpacked = await unpack();
  expect(unpacked.files).toEqual(['tool_1.deb']);
  expect(await versionIn(unpacked)).toBe('1');
  expect((await readFile(at('bin/sources'), 'utf8')).trim().split('\n')).toEqual([
    'Types: deb',
    'URIs: http://mirror.example.org/debian',
    'Suites: testing',
    'Components: main',
    'Signed-By: /keys/debian.pgp',
  ]);
  expect(await readdir(at('cache/image-release-lab'))).toHaveLength(1);
});

test('reuses unpacked packages for a week, then replaces them with a newer version', async () => {
  await unpack();
  const asked = await calls();
  await writeFile(at('bin/version'), '2');
  await age(6);
  expect(await versionIn(await unpack())).toBe('1');
  expect(await calls()).toBe(asked);
  await age(8);
  expect(await versionIn(await unpack())).toBe('2');
  expect(await readdir(at('cache/image-release-lab'))).toHaveLength(1);
});

test('uses old packages if the mirror is unreachable, and fails with the reason if there are none', async () => {
  await unpack();
  await age(100);
  await rm(at('bin/version'));
  expect(await versionIn(await unpack())).toBe('1');
  await rm(at('cache'), { recursive: true });
  await expect(unpack()).rejects.toThrow(new PackagesUnavailable('E: no route to mirror'));
  expect(await readdir(at('cache/image-release-lab'))).toEqual([]);
});
