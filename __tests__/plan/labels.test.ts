import { planLabels } from '../../src/plan/plan-release.js';
import { COMMIT, pushOf, sourceOf } from '../fixtures/github-events.js';

const request = {
  ...{ image: 'ghcr.io/acme-corp/acme-api', source: sourceOf('push-branch'), releaseTag: 'main-860c190' },
  ...{ labels: {}, annotations: {} },
};

const described = {
  'org.opencontainers.image.created': '2025-03-02T08:15:30Z',
  'org.opencontainers.image.description': 'Shop of the Acme corporation',
  'org.opencontainers.image.licenses': 'Apache-2.0',
  'org.opencontainers.image.revision': COMMIT,
  'org.opencontainers.image.source': 'https://github.com/Acme-Corp/Shop',
  'org.opencontainers.image.title': 'acme-api',
  'org.opencontainers.image.url': 'https://github.com/Acme-Corp/Shop',
  'org.opencontainers.image.version': 'main-860c190',
};

test('labels and annotations describe the image after the OCI specification', () => {
  expect(planLabels(request)).toEqual({ labels: described, annotations: described });
});

test('lesson 14: two images of one repository have titles of their own', () => {
  const titles = ['ghcr.io/acme-corp/acme-api', 'ghcr.io/acme-corp/acme-frontend', '127.0.0.1:5001/web'].map(
    (image) => planLabels({ ...request, image }).labels['org.opencontainers.image.title'],
  );
  expect(titles).toEqual(['acme-api', 'acme-frontend', 'web']);
});

test('need 10: nothing depends on the clock, so a second build of the commit has the same labels', () => {
  const later = { ...request.source, now: request.source.now + 86_400 };
  expect(planLabels({ ...request, source: later })).toEqual(planLabels(request));
});

test('labels and annotations of the configuration override, add and remove, each for itself', () => {
  const { labels, annotations } = planLabels({
    ...request,
    labels: {
      'org.opencontainers.image.title': 'API',
      'org.opencontainers.image.url': '',
      maintainer: 'shop',
    },
    annotations: { 'org.opencontainers.image.vendor': 'Acme' },
  });
  const { 'org.opencontainers.image.url': _, ...rest } = described;
  expect(labels).toEqual({ ...rest, 'org.opencontainers.image.title': 'API', maintainer: 'shop' });
  expect(annotations).toEqual({ ...described, 'org.opencontainers.image.vendor': 'Acme' });
});

test('what is not known is left out rather than left empty', () => {
  const { url, description, license, ...known } = pushOf('refs/heads/main');
  expect([url, description, license]).not.toContain(undefined);
  expect(Object.keys(planLabels({ ...request, source: known }).labels)).toEqual([
    'org.opencontainers.image.created',
    'org.opencontainers.image.revision',
    'org.opencontainers.image.title',
    'org.opencontainers.image.version',
  ]);
});
