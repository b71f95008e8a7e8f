// An SBOM scanner that BuildKit runs inside a build: it lists the npm packages of a root file system.
// Protocol: https://github.com/moby/buildkit/blob/master/docs/attestations/sbom-protocol.md
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const { BUILDKIT_SCAN_SOURCE, BUILDKIT_SCAN_SOURCE_EXTRAS, BUILDKIT_SCAN_DESTINATION } = process.env;
const NOT_SCANNED = new Set(['proc', 'sys', 'dev']);

function listFolders(dir) {
  try {
    return readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  } catch {
    return [];
  }
}

/** @returns {Generator<string>} every folder that stands directly in a node_modules folder, scoped or not */
function* findPackages(dir, depth = 0) {
  for (const { name } of listFolders(dir)) {
    if (depth === 0 && NOT_SCANNED.has(name)) continue;
    const path = join(dir, name);
    if (basename(dir) === 'node_modules' && !name.startsWith('@') && !name.startsWith('.')) yield path;
    if (basename(dir).startsWith('@') && basename(join(dir, '..')) === 'node_modules') yield path;
    yield* findPackages(path, depth + 1);
  }
}

function describePackage(root, path) {
  try {
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    if (typeof name !== 'string' || typeof version !== 'string') return undefined;
    return { name, version, license, path: path.slice(root.length) };
  } catch {
    return undefined;
  }
}

function makeDocument(root, name) {
  const found = new Map();
  for (const path of findPackages(root)) {
    const entry = describePackage(root, path);
    if (entry) found.set(`${entry.name}@${entry.version}`, entry);
  }
  const packages = [...found.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, entry]) => ({
      name: entry.name,
      SPDXID: `SPDXRef-Package-npm-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`,
      versionInfo: entry.version,
      downloadLocation: 'NOASSERTION',
      filesAnalyzed: false,
      sourceInfo: `found in ${entry.path}/package.json`,
      licenseConcluded: 'NOASSERTION',
      licenseDeclared: typeof entry.license === 'string' ? entry.license : 'NOASSERTION',
      copyrightText: 'NOASSERTION',
      externalRefs: [
        {
          referenceCategory: 'PACKAGE-MANAGER',
          referenceType: 'purl',
          referenceLocator: `pkg:npm/${entry.name.replace('@', '%40')}@${entry.version}`,
        },
      ],
    }));
  const content = createHash('sha256').update(JSON.stringify(packages)).digest('hex');
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name,
    documentNamespace: `https://image-release.invalid/sbom/${name}-${content}`,
    creationInfo: { created: now(), creators: ['Tool: image-release-lab-scanner'] },
    packages,
    relationships: packages.map((entry) => ({
      spdxElementId: 'SPDXRef-DOCUMENT',
      relationshipType: 'DESCRIBES',
      relatedSpdxElement: entry.SPDXID,
    })),
  };
}

function now() {
  const epoch = Number(process.env.SOURCE_DATE_EPOCH ?? NaN);
  return new Date(Number.isNaN(epoch) ? Date.now() : epoch * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}

function scan(root) {
  const name = basename(root);
  const statement = {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://spdx.dev/Document',
    predicate: makeDocument(root, name),
  };
  writeFileSync(join(BUILDKIT_SCAN_DESTINATION, `${name}.spdx.json`), JSON.stringify(statement));
}

scan(BUILDKIT_SCAN_SOURCE);
if (BUILDKIT_SCAN_SOURCE_EXTRAS) {
  for (const { name } of listFolders(BUILDKIT_SCAN_SOURCE_EXTRAS)) scan(join(BUILDKIT_SCAN_SOURCE_EXTRAS, name));
}
