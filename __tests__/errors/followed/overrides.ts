import { findOverrides } from '../../../src/deploy/overrides/overrides.js';
import type { FollowedFix, Told } from '../followed-fix.js';

const application = (images: string) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop, namespace: argocd }
spec:
  source:
    repoURL: https://github.com/acme/shop.git
    path: k8s
    kustomize:
      images: [${images}]
`;
const overridden = (images: string): Told =>
  findOverrides(new Map([['argo/app.yaml', Buffer.from(application(images))]]), [
    {
      path: 'k8s/kustomization.yml',
      branch: 'main',
      repository: 'acme/shop',
      ...{ key: 'api', image: 'ghcr.io/acme/api', entries: ['ghcr.io/acme/api'] },
    },
  ]);

export const overrideFixes: FollowedFix[] = [
  {
    code: 'deploy/overridden',
    provoke: () => overridden('ghcr.io/acme/api:latest'),
    follow({ fix }) {
      expect(fix).toMatch(/^Remove ghcr\.io\/acme\/api:latest from spec\.source\.kustomize\.images/);
      return overridden('');
    },
  },
];
