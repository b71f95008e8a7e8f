import { loadConfig } from '../../src/config/load.js';
import { kanikoRunner } from '../../src/templates/kaniko-runner/kaniko-runner.js';
import { planRunner } from '../../src/templates/kaniko-runner/runner.js';

export const ORIGIN = { repository: 'acme/shop', url: 'https://github.com/acme/shop', defaultBranch: 'main' };

/** A configuration with every setting. */
export const BIG = `
images:
  api:
    dockerfile: ../docker/api.Dockerfile
    target: runtime
    args: { GREETING: "it's \\"quoted\\" $HOME \`id\`", EMPTY: '' }
    labels: { team: shop }
    secrets: { npm: { env: NPM_TOKEN } }
  web: { context: ., dockerfile: web/Dockerfile }
builder:
  - type: kaniko
    namespace: builds
    image: mirror.example.org/kaniko:v1.28.3
    registry-secret: push
    limits: { memory: 4Gi }
    node-selector: { pool: builds }
    tolerations: [{ key: builds, effect: NoSchedule }]
`;

export const configOf = (text: string) => loadConfig({ text, origin: 'image-release.yml' });
export const runnerOf = (text: string, cache: 'emptyDir' | 'pvc' = 'emptyDir', repository?: string) =>
  kanikoRunner(planRunner({ config: configOf(text), source: ORIGIN, cache, repository }), 'k8s/kaniko');
