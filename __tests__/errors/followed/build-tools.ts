import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chooseBuildxBuilder, type BuildNeeds } from '../../../src/builders/buildx/buildx-builder.js';
import { checkDockerfiles } from '../../../src/builders/buildx/dockerfile-checks.js';
import { createDockerConfig } from '../../../src/builders/docker-config.js';
import { NEEDS } from '../../builders/fixtures/choice.js';
import { explain } from '../../builders/fixtures/failed-build.js';
import { OWNER } from '../../builders/fixtures/docker-home.js';
import { surveyContext } from '../../../src/builders/context/context.js';
import type { DockerFacts } from '../../../src/facts/docker.js';
import { plannedImage, planOf, UNDER_TAG } from '../../builders/samples.js';
import { requestOf } from '../../builders/context/packed.js';
import { DOCKER } from '../../plan/fixtures.js';
import { withCheckout } from '../../preflight/fixtures.js';
import { told, type FollowedFix, type OutOfReach, type ProvenElsewhere, type Told } from '../followed-fix.js';

/** Problems of choosing a builder with these facts about Docker. */
export async function chosen(facts: DockerFacts, needs: Partial<BuildNeeds> = {}, name?: string): Promise<Told> {
  const verdict = chooseBuildxBuilder({
    facts,
    needs: { ...NEEDS, attestations: false, ...needs },
    settings: { type: 'buildx', ...(name && { name }) },
  });
  return verdict.status === 'chosen' ? verdict.warnings : verdict.problems;
}

const HERE = DOCKER as Extract<DockerFacts, { docker: 'present' }>;
const withBuildx = (buildx: Partial<(typeof HERE)['buildx']>): DockerFacts => ({
  ...HERE,
  buildx: { ...HERE.buildx, ...buildx } as (typeof HERE)['buildx'],
});
const node = (platforms: string[]) =>
  withBuildx({
    builder: {
      status: 'usable',
      name: 'mine',
      driver: 'docker-container',
      nodes: [{ name: 'mine0', status: 'running', platforms }],
    },
  });

/** A fake docker whose buildx, like 0.17 and later, refuses a Dockerfile with a password in an ENV. */
const CHECKING_DOCKER = `#!/bin/sh
grep -q API_PASSWORD api/Dockerfile && cat <<'END' || echo '{}'
{ "target": { "api": { "check": {
  "warnings": [{
    "ruleName": "SecretsUsedInArgOrEnv",
    "detail": "Do not use ARG or ENV instructions for sensitive data (ENV \\"API_PASSWORD\\")",
    "url": "https://docs.docker.com/go/dockerfile/rule/secrets-used-in-arg-or-env/",
    "location": { "ranges": [{ "start": { "line": 3 } }] }
  }],
  "buildError": { "message": "lint violation found for rules: SecretsUsedInArgOrEnv" }
} } } }
END
`;

const linted = (dockerfile: string): Promise<Told> =>
  withCheckout({ 'api/Dockerfile': dockerfile, 'bin/docker': CHECKING_DOCKER }, async (root) => {
    await chmod(join(root, 'bin/docker'), 0o755);
    return checkDockerfiles({
      plan: planOf([plannedImage('api')]),
      builder: UNDER_TAG,
      abilities: { allow: false, call: true },
      root,
      env: { PATH: `${join(root, 'bin')}:${process.env['PATH']}` },
      redact: (text) => text,
      signal: new AbortController().signal,
    });
  });

/** Surveys a context with an unreadable file. Root can read everything, so it switches to another user. */
async function surveyed(ignore: string): Promise<Told> {
  const superuser = process.geteuid?.() === 0;
  // That user may have no access to the temporary folder of the tests.
  const folder = await mkdtemp('/var/tmp/errors-');
  try {
    await chmod(folder, 0o755);
    await writeFile(join(folder, 'private.key'), '', { mode: 0 });
    if (superuser) process.seteuid?.(65534);
    return await told(() => surveyContext(requestOf(folder, ignore)));
  } finally {
    if (superuser) process.seteuid?.(0);
    await rm(folder, { recursive: true });
  }
}

const dockerConfig = (write: (file: string) => Promise<unknown>): Promise<Told> =>
  withCheckout({ 'home/.docker/config.json': '{ "auths": ' }, async (root) => {
    const temp = join(root, 'temp');
    await mkdir(temp);
    await write(join(root, 'home/.docker/config.json'));
    return told(() => createDockerConfig({ logins: [], env: {}, home: join(root, 'home'), temp, owner: OWNER }));
  });

export const buildToolFixes: (FollowedFix | OutOfReach)[] = [
  {
    code: 'build/buildx-missing',
    provoke: () =>
      chosen({
        ...HERE,
        buildx: { status: 'missing', message: "docker: 'buildx' is not a docker command." },
      }),
    follow: () => chosen(HERE),
  },
  {
    code: 'build/no-emulation',
    provoke: () => chosen(node(['linux/amd64']), { platforms: ['linux/arm64'] }),
    follow: () => chosen(node(['linux/amd64', 'linux/arm64']), { platforms: ['linux/arm64'] }),
  },
  {
    code: 'build/docker-config-unreadable',
    provoke: () => dockerConfig(async () => undefined),
    follow: () => dockerConfig((file) => rm(file)),
  },
  {
    code: 'build/context-unreadable',
    provoke: () => surveyed(''),
    follow: () => surveyed('*.key'),
  },
  {
    code: 'preflight/dockerfile-check',
    provoke: () => linted('# check=error=true\nFROM scratch\nENV API_PASSWORD=1\n'),
    follow: () => linted('# check=error=true\nFROM scratch\n'),
  },
  {
    code: 'build/failed',
    provoke: () => explain({ text: ['ERROR: failed to solve: something never seen before'] }),
    outOfReach: 'the words are those of BuildKit, about a failure that no hint knows',
  },
];

export const buildProven: ProvenElsewhere[] = [
  {
    code: 'build/sbom-scanner',
    provenBy: '__tests__/builders/sbom-scanner.lab.test.ts › fails the build with the reason, and no tag is created',
    followedBy:
      '__tests__/builders/sbom-scanner.lab.test.ts › an image has an SBOM at best effort if the scanner can be pulled',
  },
  {
    code: 'build/builder-lost',
    provenBy:
      '__tests__/builders/builder-lost.lab.test.ts › fails without a third attempt if the daemon crashes in each attempt',
    followedBy: '__tests__/builders/builder-lost.lab.test.ts › retries the build and warns if the daemon crashes once',
  },
  {
    code: 'build/registry-failing',
    provenBy: '__tests__/builders/buildx.lab.test.ts › retries and warns if the registry limits requests for a moment',
  },
  {
    code: 'build/nested-overlay',
    provenBy:
      '__tests__/stories/nested-overlay.lab.test.ts › stops the release before any change if there is no other builder, and prints how to add one',
    followedBy:
      '__tests__/stories/nested-overlay.lab.test.ts › a daemon with the native storage driver builds on overlayfs, and doctor reports it as usable',
  },
  {
    code: 'build/cache-lost',
    provenBy:
      '__tests__/builders/cache.lab.test.ts › rebuilds only the image whose cached layers were evicted, from scratch and with one warning',
  },
  {
    code: 'build/warning',
    provenBy:
      '__tests__/builders/cache.lab.test.ts › builds without the cache service, and warns for each image that its cache was not saved',
    outOfReach: 'a warning in the words of BuildKit: there is nothing that has to be done',
  },
  {
    code: 'build/context-changed',
    provenBy:
      '__tests__/builders/context/pack.slow.test.ts › fails with the file name, and sends no Dockerfile, if a file %s while it is read',
    followedBy:
      '__tests__/builders/context/pack.slow.test.ts › keeps names, modes, times, links and empty folders, and sets the owner to root',
  },
];
