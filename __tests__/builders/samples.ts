import type { BuildxBuilder } from '../../src/builders/buildx/buildx-builder.js';
import type { BuildDecision, ImagePlan, Plan, PlannedImage } from '../../src/plan/plan.js';

/** Docker's default builder, which pushes under the release tag. */
export const UNDER_TAG: BuildxBuilder = {
  type: 'existing',
  name: 'default',
  driver: 'docker',
  output: 'under-release-tag',
};

/** A planned image with a value for each field. */
export function plannedImage(key: string, over: Partial<ImagePlan> & Partial<BuildDecision> = {}): PlannedImage {
  const image: PlannedImage = {
    key,
    image: `ghcr.io/acme/${key}`,
    status: 'build',
    reason: 'always built until there is a baseline to compare with',
    tags: ['main-1234567'],
    movingTags: {},
    releaseTag: 'main-1234567',
    context: key,
    dockerfile: `${key}/Dockerfile`,
    args: {},
    secrets: [],
    platforms: [],
    contexts: {},
    labels: {},
    annotations: {},
    configured: { labels: {}, annotations: {} },
    extra: {},
    noCache: false,
    cacheFrom: [],
    cacheTo: [],
    attest: { provenance: 'max', sbom: 'off' },
    sourceDateEpoch: 1_700_000_000,
  };
  return { ...image, ...over } as PlannedImage;
}

export function planOf(images: PlannedImage[], publish: Plan['publish'] = { mode: 'push' }): Plan {
  return {
    source: {
      commit: '1234567890123456789012345678901234567890',
      commitTime: 1_700_000_000,
      ref: { type: 'branch', name: 'main' },
      event: { name: 'manual' },
      now: 1_700_000_100,
    },
    images,
    publish,
    deploy: [],
  };
}
