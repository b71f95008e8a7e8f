import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDockerConfig } from '../../../src/builders/docker-config.js';
import { OWNER } from '../../builders/fixtures/docker-home.js';
import { Secret } from '../../../src/lib/secret.js';
import type { PlannedImage } from '../../../src/plan/plan.js';
import type { Bakery } from '../../builders/bakery.js';
import { UNDER_TAG } from '../../builders/samples.js';
import type { RegistryFixture } from '../../registry/fixtures/registry.js';
import { told, type FollowedFix, type OutOfReach, type Told } from '../followed-fix.js';

const LOGIN = { username: 'bot', password: 'open-sesame' };

/** A real daemon, an open registry, and a registry that requires a login. */
interface Fixture {
  bakery: Bakery;
  guarded: RegistryFixture;
  registry: string;
}

let fixture: Fixture;

export async function openFixture(): Promise<void> {
  // These modules need a running lab when they are loaded.
  const { createBakery } = await import('../../builders/bakery.js');
  const { openRegistryFixture } = await import('../../registry/fixtures/registry.js');
  const { REGISTRY } = await import('../../builders/daemon.js');
  fixture = { bakery: await createBakery(), guarded: await openRegistryFixture(LOGIN), registry: REGISTRY };
}

export async function closeFixture(): Promise<void> {
  await fixture.bakery.close();
  await fixture.guarded.stop();
}

const SHELL = 'FROM scratch\nCOPY shell/ /\n';

interface Order {
  dockerfile?: string;
  files?: Record<string, string>;
  image?: Partial<PlannedImage>;
  env?: NodeJS.ProcessEnv;
  push?: boolean;
}

/** Problems of a build with BuildKit, with or without a push. */
async function built({ dockerfile = SHELL, files = {}, image = {}, env, push = false }: Order): Promise<Told> {
  const { bakery } = fixture;
  for (const [path, text] of Object.entries({ 'api/Dockerfile': dockerfile, ...files }))
    await bakery.site.write(path, text);
  return told(() =>
    bakery.build([bakery.image('api', { attest: { provenance: 'off', sbom: 'off' }, ...image })], {
      builder: UNDER_TAG,
      env: { ...bakery.site.env, ...env },
      publish: push ? { mode: 'push' } : { mode: 'build-only', reason: 'a pull request' },
    }),
  );
}

const real = (code: FollowedFix['code'], before: () => Order, after: () => Order): FollowedFix => ({
  code,
  provoke: () => built(before()),
  follow: () => built(after()),
  ...inBuildKitsWords,
});

/** Replaces generated names and durations in the output of BuildKit. */
const steady = (text: string) =>
  text
    .replaceAll(fixture.bakery.id, 'shop')
    .replaceAll(/ref \w+::\w+/g, 'ref …')
    .replaceAll(/^(\s+\d+\.\d+ )/gm, '  ');

const inBuildKitsWords = { steady, foreignDetail: true } as const;

const at = (name: string) => `${fixture.registry}/${name}`;
const guardedImage = (name = 'api') => ({ image: `${fixture.guarded.front.host}/acme/${name}` });
/** Contains a layer that no registry has yet. */
const NEW_LAYER = `${SHELL}RUN echo denied > /x\n`;

/** Runs `use` with the Docker configuration that a login step leaves. */
async function loggedIn<T>(use: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const temp = await mkdtemp(join(tmpdir(), 'errors-login-'));
  const { username, password } = LOGIN;
  const logins = [{ host: fixture.guarded.front.host, username, password: new Secret(password) }];
  const config = await createDockerConfig({ logins, env: {}, home: temp, temp, owner: OWNER });
  try {
    return await use(config.env);
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

export const buildStepFixes: (FollowedFix | OutOfReach)[] = [
  real(
    'build/step-failed',
    () => ({ dockerfile: `${SHELL}RUN echo "1 of 7 tests failed" && exit 3\n` }),
    () => ({ dockerfile: `${SHELL}RUN echo "7 tests passed"\n` }),
  ),
  real(
    'build/dockerfile-invalid',
    () => ({ dockerfile: `${SHELL}COPPY words /words\n` }),
    () => ({ dockerfile: `${SHELL}COPY words /words\n`, files: { 'api/words': 'hello\n' } }),
  ),
  real(
    'build/secret-missing',
    () => ({ dockerfile: `${SHELL}RUN --mount=type=secret,id=npm,required true\n` }),
    () => ({
      dockerfile: `${SHELL}RUN --mount=type=secret,id=npm,required true\n`,
      image: { secrets: [{ id: 'npm', env: 'NPM_TOKEN' }] },
      env: { NPM_TOKEN: 'from-the-environment' },
    }),
  ),
  real(
    'build/base-image-missing',
    () => ({ dockerfile: `FROM ${at('acme/nothing:1')}\nCOPY shell/ /\n` }),
    () => ({}),
  ),
  {
    code: 'build/registry-denied',
    provoke: () => {
      const body = JSON.stringify({
        errors: [{ code: 'DENIED', message: 'permission_denied: write_package' }],
      });
      fixture.guarded.front.onRequest(({ method }) => (method === 'POST' ? { status: 403, body } : undefined));
      return loggedIn((env) => built({ dockerfile: NEW_LAYER, image: guardedImage('web'), env, push: true }));
    },
    follow: () => {
      // Stands for granting the permission in the package settings.
      fixture.guarded.front.onRequest(() => undefined);
      return loggedIn((env) => built({ dockerfile: NEW_LAYER, image: guardedImage('web'), env, push: true }));
    },
    ...inBuildKitsWords,
  },
  real(
    'build/network',
    () => ({ dockerfile: 'FROM 127.0.0.1:1/acme/base:1\nCOPY shell/ /\n' }),
    () => ({}),
  ),
  {
    code: 'build/out-of-memory',
    provoke: () => built({ dockerfile: `${SHELL}RUN sh -c 'kill -9 $$'; exit $?\n` }),
    outOfReach: 'how much memory there is belongs to the machine that builds',
    ...inBuildKitsWords,
  },
  {
    code: 'build/no-space',
    provoke: () => built({ dockerfile: `${SHELL}RUN echo "much" > /dev/full\n` }),
    outOfReach: 'the disk belongs to the machine that builds',
    ...inBuildKitsWords,
  },
];
