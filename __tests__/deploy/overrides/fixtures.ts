import { formatPlace } from '../../../src/lib/errors.js';
import { findOverrides, type OverrideTarget } from '../../../src/deploy/overrides/overrides.js';

export const targets = (parts: Partial<OverrideTarget> = {}): OverrideTarget[] =>
  ['api', 'frontend'].map((key) => ({
    path: 'k8s/kustomization.yml',
    branch: 'main',
    repository: 'acme/shop',
    key,
    image: `ghcr.io/acme/acme-${key}`,
    entries: [`acme-${key}`],
    ...parts,
  }));

/** `place image effect` of each warning. */
export function found(text: string, parts: Partial<OverrideTarget> = {}, file = 'argo/app.yaml'): string[] {
  const files = new Map([[file, new TextEncoder().encode(text)]]);
  return findOverrides(files, targets(parts)).map(({ place, image, message }) =>
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
