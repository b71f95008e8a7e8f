import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/lib/process.js';

let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'scanner-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

async function install(root: string, path: string, manifest: object): Promise<void> {
  await mkdir(join(dir, root, path), { recursive: true });
  await writeFile(join(dir, root, path, 'package.json'), JSON.stringify(manifest));
}

async function scan(env: Record<string, string>): Promise<void> {
  await mkdir(join(dir, 'out'));
  const { code, stderr } = await run(process.execPath, ['lab/images/sbom-scanner/scan.mjs'], {
    cwd: process.cwd(),
    env: { BUILDKIT_SCAN_DESTINATION: join(dir, 'out'), SOURCE_DATE_EPOCH: '1700000000', ...env },
  });
  expect(stderr.toString()).toBe('');
  expect(code).toBe(0);
}

test('lists every package of a root file system once, including nested and scoped packages', async () => {
  await install('rootfs', 'app/node_modules/express', { name: 'express', version: '5.1.0', license: 'MIT' });
  await install('rootfs', 'app/node_modules/express/node_modules/debug', { name: 'debug', version: '4.4.1' });
  await install('rootfs', 'app/node_modules/@polka/url', { name: '@polka/url', version: '1.0.0' });
  await install('rootfs', 'other/node_modules/express', { name: 'express', version: '5.1.0' });
  // The application itself and folders inside a package are not installed packages.
  await install('rootfs', 'app', { name: 'app', version: '1.0.0' });
  await install('rootfs', 'app/node_modules/express/lib', { name: 'inner', version: '0.0.0' });
  await scan({ BUILDKIT_SCAN_SOURCE: join(dir, 'rootfs') });

  const statement = JSON.parse(await readFile(join(dir, 'out/rootfs.spdx.json'), 'utf8'));
  expect(statement.predicateType).toBe('https://spdx.dev/Document');
  expect(statement.predicate.spdxVersion).toBe('SPDX-2.3');
  expect(statement.predicate.creationInfo.created).toBe('2023-11-14T22:13:20Z');
  const purls = statement.predicate.packages.map(
    (entry: { externalRefs: [{ referenceLocator: string }] }) => entry.externalRefs[0].referenceLocator,
  );
  expect(purls).toEqual(['pkg:npm/%40polka/url@1.0.0', 'pkg:npm/debug@4.4.1', 'pkg:npm/express@5.1.0']);
});

test('writes a separate document for each additional file system', async () => {
  await install('rootfs', 'node_modules/a', { name: 'a', version: '1.0.0' });
  await install('extras/deps', 'node_modules/b', { name: 'b', version: '2.0.0' });
  await scan({
    BUILDKIT_SCAN_SOURCE: join(dir, 'rootfs'),
    BUILDKIT_SCAN_SOURCE_EXTRAS: join(dir, 'extras'),
  });
  expect((await readdir(join(dir, 'out'))).sort()).toEqual(['deps.spdx.json', 'rootfs.spdx.json']);
  expect(await readFile(join(dir, 'out/deps.spdx.json'), 'utf8')).toContain('pkg:npm/b@2.0.0');
});
