/** @programs docker */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { checkDockerfiles } from '../../src/builders/buildx/dockerfile-checks.js';
import { findNewerPrograms, openNewerDocker, type NewerDockerStage } from '../stories/newer-docker-stage.js';
import { plannedImage, planOf } from './samples.js';

const found = await findNewerPrograms();
const [story, why] = found.status === 'here' ? [describe, ''] : [describe.skip, ` (not available: ${found.reason})`];

const DOCKERFILES = {
  'advised/Dockerfile': 'FROM scratch AS Build\nCOPY x /x\nMAINTAINER acme\n',
  'refused/Dockerfile': '# check=error=true\nFROM scratch\nCOPY x /x\nENV API_PASSWORD=1\n',
  'garbled/Dockerfile': 'FROM scratch\nCOPYY x /x\n',
  'kept/Dockerfile': 'FROM scratch AS Build\n',
};

const BUILDER = { type: 'existing', name: 'default', driver: 'docker', output: 'under-release-tag' } as const;

async function check(root: string, env: NodeJS.ProcessEnv, allow: boolean) {
  const unchanged = {
    status: 'unchanged',
    digest: `sha256:${'0'.repeat(64)}`,
    since: { tag: 'v1' },
  } as const;
  return checkDockerfiles({
    plan: planOf(
      ['advised', 'refused', 'garbled', 'kept'].map((key) =>
        plannedImage(key, { cacheTo: ['type=gha'], ...(key === 'kept' && unchanged) }),
      ),
    ),
    builder: BUILDER,
    abilities: { allow, call: true },
    root,
    env,
    redact: (text) => text.replaceAll('acme', '***'),
    signal: new AbortController().signal,
  });
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dockerfile-checks-'));
  for (const [path, text] of Object.entries(DOCKERFILES)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('reports nothing if buildx has no checks', async () => {
  const lab = labFromEnvironment();
  const env = { PATH: process.env['PATH'], HOME: root, DOCKER_HOST: lab.dockerHost };
  expect(await check(root, env, false)).toEqual([]);
});

story(`BuildKit's Dockerfile checks${why}`, () => {
  let stage: NewerDockerStage;
  beforeAll(async () => {
    if (found.status === 'here') stage = await openNewerDocker(found.programs);
  });
  afterAll(() => stage?.close());

  test('are reported with their lines: warnings, requested errors, and unknown instructions', async () => {
    const problems = await check(root, stage.env, true);
    expect(
      problems.map(({ code, severity, place }) => `${severity} ${code} ${place?.file}:${place?.line}`).sort(),
    ).toEqual([
      'error build/dockerfile-invalid garbled/Dockerfile:2',
      'error preflight/dockerfile-check refused/Dockerfile:4',
      'warning build/warning advised/Dockerfile:1',
      'warning build/warning advised/Dockerfile:3',
    ]);
    // The same text as in the build, so that it can be reported once.
    expect(problems.map(({ message }) => message)).toContain(
      "StageNameCasing: Stage name 'Build' should be lowercase (line 1)",
    );
    expect(problems[0]!.fix).toMatch(/^See https:\/\/docs\.docker\.com\//);
  });
});
