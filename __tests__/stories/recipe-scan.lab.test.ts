/** @programs docker */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { run } from '../../src/lib/process.js';
import { viewRepository } from './registry-view.js';
import { lab, openShop, READ_TOKEN, type Shop } from './shop.js';
import { withoutDocker } from './without-docker.js';

interface Step {
  run?: string;
  with?: Record<string, string>;
}

/** Records the images to scan, and fails for images that contain `BAD` in their names. */
const DOCKER = `#!/bin/sh
[ "$1" != login ] || exec cat >"$NOTES.login"
for ref; do :; done
echo "$ref" >>"$NOTES"
case $ref in *"$BAD"*) exit 1 ;; esac
`;
/** Supports only the filter that the recipe uses. */
const JQ = `#!${process.execPath}
const [option, filter] = process.argv.slice(2);
if (option !== '--raw-output' || filter !== '.[].ref') throw new Error(process.argv.join(' '));
for (const { ref } of Object.values(JSON.parse(require('node:fs').readFileSync(0, 'utf8')))) console.log(ref);
`;

let shop: Shop;
let folder: string;
let steps: Record<'build' | 'scan' | 'release', Step>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recipe-'));
  await writeFile(join(folder, 'docker'), DOCKER, { mode: 0o755 });
  await writeFile(join(folder, 'jq'), JQ, { mode: 0o755 });
  const page = await readFile('docs/recipes.md', 'utf8');
  const [, yaml = ''] = /```yaml\n(# \.github\/workflows\/scan-then-release\.yml\n[^]*?)```/.exec(page) ?? [];
  const { jobs } = parse(yaml) as { jobs: Record<string, { steps: Step[] }> };
  const last = (job: string) => jobs[job]!.steps.at(-1)!;
  steps = { build: last('build'), scan: last('scan'), release: last('release') };
  // The lab's Docker can't push by digest.
  shop = await openShop({ settings: { builder: { type: 'remote', endpoint: lab.buildkit } } });
});
afterAll(async () => {
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs the scan step as a runner does. */
async function scan(images: string, bad: string) {
  const notes = join(folder, `notes-${bad}`);
  const env = { PATH: `${folder}:${process.env['PATH']}`, IMAGES: images, TOKEN: 'job-token', NOTES: notes, BAD: bad };
  const { code } = await run('bash', ['-e', '-c', steps.scan.run!], { env: { ...env, HOME: folder } });
  const scanned = (await readFile(notes, 'utf8')).trim().split('\n');
  return { code, scanned, login: (await readFile(`${notes}.login`, 'utf8')).trim() };
}

test('the recipe scans exactly the images that its last job publishes and deploys', async () => {
  const main = () => shop.origin('rev-parse', 'main');
  const commit = await main();
  const tag = `main-${commit.slice(0, 7)}`;
  const build = await shop.job({ token: READ_TOKEN, inputs: steps.build.with! });
  expect(build.main.exitCode).toBe(0);
  const { images = '' } = build.main.outputs;
  const built = Object.entries(JSON.parse(images) as Record<string, { digest: string }>);
  const refs = built.map(([key, { digest }]) => `${shop.prefix}/${key}:${tag}@${digest}`);
  expect(await viewRepository(`${shop.prefix}/api`).tags()).toEqual([]);

  expect(await scan(images, 'web:')).toEqual({ code: 1, scanned: refs, login: 'job-token' });
  expect(await scan(images, 'nothing')).toEqual({ code: 0, scanned: refs, login: 'job-token' });
  expect(await main()).toBe(commit);

  expect(steps.release.with).toEqual({ published: '${{ needs.build.outputs.images }}' });
  const release = await withoutDocker((env) => shop.job({ env, inputs: { published: images } }));
  expect(release.main.exitCode).toBe(0);
  expect(release.main.outputs['deploy-commit']).toBe(await main());
  for (const [key, { digest }] of built)
    expect((await viewRepository(`${shop.prefix}/${key}`).manifest(tag))?.digest).toBe(digest);
});
