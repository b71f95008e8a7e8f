import { formatPlace } from '../../../src/lib/errors.js';
import { findOverrides, type OverrideTarget } from '../../../src/deploy/overrides/overrides.js';

export const target = (parts: Partial<OverrideTarget> = {}): OverrideTarget => ({
  path: 'k8s/kustomization.yml',
  branch: 'main',
  repository: 'acme/shop',
  images: [
    { key: 'api', image: 'ghcr.io/acme/acme-api', entries: ['acme-api'] },
    { key: 'frontend', image: 'ghcr.io/acme/acme-frontend', entries: ['acme-frontend'] },
  ],
  ...parts,
});

/** `place image effect` of each warning. */
export function found(text: string, parts: Partial<OverrideTarget> = {}, file = 'argo/app.yaml'): string[] {
  const files = new Map([[file, new TextEncoder().encode(text)]]);
  return findOverrides(files, [target(parts)]).map(({ place, image, message }) =>
    [formatPlace(place!), image, message.includes('may never') ? 'possible' : 'certain'].join(' '),
  );
}

export const application = (images: string, source = '') => `
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop, namespace: argocd }
spec:
  project: default
  source:
    repoURL: https://github.com/acme/shop.git
    targetRevision: HEAD
    path: k8s
${source}    kustomize:
      images:
${images}`;
