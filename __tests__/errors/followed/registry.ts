import { verifyImage } from '../../../src/registry/verify.js';
import type { ExpectedImage } from '../../../src/registry/check.js';
import type { Fault, SeenRequest } from '../../registry/fixtures/front.js';
import { LOGIN, puts, release, run } from '../../registry/fixtures/release.js';
import { openRegistryFixture, login, type RegistryFixture } from '../../registry/fixtures/registry.js';
import { PROVENANCE, pushImage, remove, SBOM, type TestImage } from '../../registry/fixtures/images.js';
import { told, type FollowedFix, type OutOfReach, type ProvenElsewhere, type Told } from '../followed-fix.js';

let fixture: RegistryFixture;
let count = 0;

export async function openRegistry(): Promise<void> {
  fixture = await openRegistryFixture(LOGIN);
}

export const closeRegistry = () => fixture.stop();

type Decide = (request: SeenRequest) => Fault | undefined;

/** Problems of requesting a manifest from a registry with these faults. */
function asked(host: () => string, decide: Decide = () => undefined, as = login(LOGIN)): Promise<Told> {
  fixture.front.onRequest(decide);
  return told(() => fixture.client(as).headManifest(`${host()}/acme/api`, 'main-1234567'));
}
const here = () => fixture.front.host;

/** Problems of checking the push permission at a registry with these faults. */
function pushing(decide: Decide): Promise<Told> {
  fixture.front.onRequest(decide);
  return told(() => fixture.client(login(LOGIN)).checkPush(`${here()}/acme/api`));
}
const refuse = (status: number, code: string, message: string): Decide => {
  const body = JSON.stringify({ errors: [{ code, message }] });
  return ({ method }) => (method === 'POST' ? { status, body } : undefined);
};

const WHOLE: ExpectedImage = { platforms: ['linux/amd64'], provenance: 'max', sbom: 'on' };
type Pushed = Awaited<ReturnType<typeof pushImage>>;

/** Problems of verifying a pushed image, optionally after damaging it. */
async function verified(
  image: Partial<TestImage>,
  spoil: (pushed: Pushed, name: string) => Promise<void> = async () => undefined,
): Promise<Told> {
  fixture.front.onRequest(() => undefined);
  const name = `verified/api-${++count}`;
  const pushed = await pushImage(fixture.registry, name, { seed: name, ...image });
  await spoil(pushed, name);
  const verification = await verifyImage({
    client: fixture.client(login(LOGIN)),
    key: 'api',
    image: `${here()}/${name}`,
    digest: pushed.digest,
    expected: WHOLE,
  });
  return verification.status === 'sound' ? [] : verification.problems;
}

type Release = Awaited<ReturnType<typeof release>>;
type Options = Partial<Parameters<typeof run>[1]>;

/** Publishes images, and publishes the same images again to follow the fix. */
function publishing(before: (made: Release) => { decide?: Decide } & Options, after: Options = {}) {
  let made: Release;
  const publish = async ({ decide = () => undefined, ...options }: { decide?: Decide } & Options) => {
    fixture.front.onRequest(decide);
    let warnings: Told = [];
    const errors = await told(async () => {
      const { images, built } = made;
      const published = await run(fixture, { images, built, ...options });
      warnings = published.flatMap((one) => one.warnings);
    });
    return [...errors, ...warnings];
  };
  return {
    provoke: async () => {
      made = await release(fixture, { tags: ['main-1234567', 'latest'] });
      return publish(before(made));
    },
    follow: () => publish(after),
  };
}

/** Replaces names that differ from run to run. */
const steady = (text: string) => text.replaceAll(/\br\d+\//g, 'acme/').replaceAll(/verified\/api-\d+/g, 'acme/api');

const without = (type: typeof SBOM) => () => [SBOM, PROVENANCE].filter((one) => one !== type);

export const registryFixes: (FollowedFix | OutOfReach)[] = [
  {
    code: 'registry/unreachable',
    provoke: () => asked(() => '127.0.0.1:1'),
    follow: () => asked(here),
  },
  {
    code: 'registry/unauthorized',
    provoke: () => asked(here, undefined, login({ username: 'bot', password: 'expired' })),
    follow: () => asked(here),
  },
  {
    code: 'registry/denied',
    provoke: () => pushing(refuse(403, 'DENIED', 'permission_denied: write_package')),
    // Stands for granting the role.
    follow: () => pushing(() => undefined),
  },
  {
    code: 'registry/denied',
    variant: 'there is no such repository',
    provoke: () =>
      pushing(refuse(404, 'NAME_UNKNOWN', "The repository with name 'acme/api' does not exist in the registry")),
    // Stands for creating the repository.
    follow: () => pushing(() => undefined),
  },
  {
    code: 'registry/unavailable',
    provoke: () => asked(here, ({ path }) => (path.includes('/manifests/') ? { status: 503 } : undefined)),
    follow: () => asked(here),
  },
  {
    code: 'registry/garbage',
    provoke: () => asked(here, () => ({ status: 404, body: '<html>welcome to the proxy</html>' })),
    follow: () => asked(here),
  },
  {
    code: 'registry/incomplete',
    provoke: () =>
      verified({}, ({ platforms }, name) => remove(fixture.registry, name, 'manifests', platforms[0]!.digest)),
    follow: () => verified({}),
    steady,
  },
  {
    code: 'registry/platform-missing',
    provoke: () => verified({ platforms: ['linux/arm64'] }),
    follow: () => verified({ platforms: ['linux/arm64', 'linux/amd64'] }),
    steady,
  },
  {
    code: 'registry/attestation-missing',
    provoke: () => verified({ attestations: without(SBOM) }),
    follow: () => verified({}),
    steady,
  },
  {
    code: 'registry/attestation-mismatch',
    provoke: () => verified({ attestations: () => [{ ...SBOM, subject: 'e'.repeat(64) }, PROVENANCE] }),
    follow: () => verified({}),
    steady,
  },
  {
    code: 'registry/tag-not-moved',
    ...publishing(() => ({
      decide: (request) =>
        puts('main-1234567')(request) && request.path.includes('/web/') ? { status: 201 } : undefined,
    })),
    steady,
  },
  {
    code: 'registry/tag-order-unknown',
    // `latest` names an image without a commit at first, and this release in the second run.
    ...publishing(() => ({})),
    steady,
  },
  {
    code: 'registry/tags-left',
    ...publishing(() => ({
      decide: (request) =>
        puts('latest')(request) && request.path.includes('/web/')
          ? { status: 403, body: '{"errors":[{"code":"DENIED","message":"requested access is denied"}]}' }
          : undefined,
    })),
    steady,
  },
];

export const registryProven: ProvenElsewhere[] = [
  {
    code: 'registry/baseline-unreadable',
    provenBy: '__tests__/registry/baseline/find-baselines.lab.test.ts › the registry responds with %s',
    followedBy:
      '__tests__/registry/baseline/find-baselines.lab.test.ts › reuses the last tagged image if its fingerprint is the same, and returns its manifest as verified',
  },
  {
    code: 'registry/release-tag-taken',
    provenBy:
      '__tests__/registry/publish-order.lab.test.ts › publishing fails before any push if the release tag names another build',
    followedBy:
      '__tests__/plan/release-tag.test.ts › of another build of the commit stays, and the new build gets a numbered tag',
  },
];
