import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readRepository } from '../../src/init/read-repository.js';

const FILES = {
  'build-images': '#!/bin/sh\ndocker build .\n',
  'docker/Dockerfile': 'FROM scratch\n',
  'docker/release': '#!/usr/bin/env bash\ndocker push shop\n',
  'docker/notes': 'docker build is what we run\n',
  'tools/report': '#!/usr/bin/env python3\nprint()\n',
  'vendor/lib/build': '#!/bin/sh\ndocker build .\n',
};

test('reads shell scripts without an extension, but no other such files and no links to Dockerfiles', () => {
  const root = mkdtempSync(join(tmpdir(), 'read-repository-'));
  try {
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    symlinkSync('docker/Dockerfile', join(root, 'Dockerfile'));
    const paths = [...Object.keys(FILES), 'Dockerfile'];
    const { files } = readRepository({ root, defaultBranch: 'main', paths });
    expect(files.map(({ path }) => path)).toEqual(['docker/Dockerfile', 'build-images', 'docker/release']);
  } finally {
    rmSync(root, { recursive: true });
  }
});
