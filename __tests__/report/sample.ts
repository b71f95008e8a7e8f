import type { BuildDecision, ImagePlan, Plan, PlannedImage } from '../../src/plan/plan.js';
import type { PublishedImage } from '../../src/registry/published-image.js';
import { plannedImage as anyImage } from '../builders/samples.js';
import type { Report } from '../../src/report/report.js';

const COMMIT = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';

/** An image as planned for a push to main. */
export function plannedImage(key: string, change: Partial<ImagePlan> & Partial<BuildDecision> = {}): PlannedImage {
  return anyImage(key, {
    reason: `${key}/server.js changed`,
    tags: ['main-1a2b3c4', 'latest'],
    releaseTag: 'main-1a2b3c4',
    attest: { provenance: 'max', sbom: {} },
    ...change,
  });
}

export function samplePlan(keys: string[] = ['api', 'web']): Plan {
  return {
    source: {
      repository: 'acme/shop',
      url: 'https://github.com/acme/shop',
      commit: COMMIT,
      commitTime: 1_700_000_000,
      ref: { type: 'branch', name: 'main' },
      event: { name: 'push', deleted: false },
      defaultBranch: 'main',
      now: 1_700_000_100,
    },
    images: keys.map((key) => plannedImage(key)),
    publish: { mode: 'push' },
    deploy: [],
  };
}

export function publishedImage(key: string, hex: string): PublishedImage {
  return {
    key,
    image: `ghcr.io/acme/${key}`,
    status: 'built',
    digest: `sha256:${hex.repeat(64)}`,
    releaseTag: 'main-1a2b3c4',
    tags: ['main-1a2b3c4', 'latest'],
    skippedTags: [],
    warnings: [],
    platforms: [
      {
        platform: 'linux/amd64',
        digest: `sha256:${hex.repeat(64)}`,
        size: 51_300_000,
        sbom: {
          digest: `sha256:${'e'.repeat(64)}`,
          predicateType: 'https://spdx.dev/Document',
          packages: 68,
        },
        provenance: { digest: `sha256:${'f'.repeat(64)}`, predicateType: 'https://slsa.dev/provenance/v0.2' },
      },
    ],
  };
}

const FINGERPRINT = `v1:${'7'.repeat(64)}`;
const OLDER = { tag: 'main-0c0c0c0', commit: '0c'.repeat(20), commits: 3 };
const OLDER_DIGEST = `sha256:${'d'.repeat(64)}`;

/** A release of two images, of which the given keys are unchanged. */
export function reusingReport(...unchanged: string[]): Report {
  const report = releasedReport();
  const images = samplePlan().images.map((image) =>
    unchanged.includes(image.key)
      ? plannedImage(image.key, {
          status: 'unchanged',
          digest: OLDER_DIGEST,
          since: OLDER,
          reason: 'since main-0c0c0c0 (3 commits)',
          fingerprint: FINGERPRINT,
        })
      : image,
  );
  const isBuilt = ({ key }: { key?: string }) => key === undefined || !unchanged.includes(key);
  return {
    ...report,
    plan: { ...samplePlan(), images },
    build: {
      images: report.build!.images.filter(isBuilt),
      steps: report.build!.steps.filter(isBuilt),
    },
    published: report.published.map((image) =>
      unchanged.includes(image.key) ? { ...image, status: 'unchanged', digest: OLDER_DIGEST } : image,
    ),
  };
}

export function releasedReport(): Report {
  return {
    outcome: { status: 'released' },
    plan: samplePlan(),
    warnings: [],
    build: {
      images: [
        {
          key: 'api',
          image: 'ghcr.io/acme/api',
          digest: `sha256:${'a'.repeat(64)}`,
          pushed: 'by-digest',
          seconds: 12.4,
          steps: { total: 8, cached: 3 },
        },
        {
          key: 'web',
          image: 'ghcr.io/acme/web',
          digest: `sha256:${'b'.repeat(64)}`,
          pushed: 'by-digest',
          seconds: 65,
          steps: { total: 9, cached: 0 },
        },
      ],
      steps: [
        {
          key: 'api',
          name: '[deps 2/5] RUN npm ci; echo a:b#c',
          started: 1000,
          completed: 9000,
          cached: false,
        },
        {
          key: 'web',
          name: '[build 3/6] RUN npm run build',
          started: 1500,
          completed: 61_000,
          cached: false,
        },
        { key: 'web', name: '[internal] load metadata', started: 900, completed: 910, cached: false },
      ],
    },
    published: [publishedImage('api', 'a'), publishedImage('web', 'b')],
    deployments: [
      {
        status: 'committed',
        kustomization: 'k8s/kustomization.yml',
        branch: 'main',
        channel: 'main',
        images: ['api', 'web'],
        superseded: [],
        commit: 'c0ffee0000000000000000000000000000000000',
        url: 'https://github.com/acme/shop/commit/c0ffee0',
        changes: [{ key: 'api', name: 'api', before: 'api:main-0000000', after: 'api:main-1a2b3c4' }],
        diff: '--- a/k8s/kustomization.yml\n+++ b/k8s/kustomization.yml\n@@ -1 +1 @@\n-    newTag: main-0000000\n+    newTag: main-1a2b3c4\n',
        lostRaces: 0,
      },
    ],
    seconds: 83,
  };
}
