import type { PublishedImage } from '../../registry/published-image.js';
import type { Report } from '../report.js';
import { fenced, folded } from './markdown.js';

const SIGNED_BY = { github: verifySignature, cosign: verifyCosign } as const;

/** Commands to copy: look at what was published, see whether all is sound, go back. */
export function renderNextSteps(report: Report, limit: number): string {
  const { published, plan } = report;
  const images = published.filter(({ key }) => plan?.images.some((image) => image.key === key) ?? true);
  if (images.length === 0) return '';
  const backwards = rollBackCommands(report);
  const deployed = report.deployments.some(({ status }) => status !== 'skipped');
  const proof = plan?.sign && SIGNED_BY[plan.sign];
  const signed = proof === undefined ? [] : images.map((image) => proof(image, report));
  const commands = [
    ...(deployed ? ['# Verify everything that is deployed', 'image-release verify', ''] : []),
    '# Inspect the published images',
    ...images.map((image) => inspect(image)),
    ...(signed.length === 0 ? [] : ['', '# Verify the signatures', ...signed]),
    ...(backwards.length === 0 ? [] : ['', '# Roll back to the previous release', ...backwards]),
  ];
  const title = backwards.length > 0 ? 'Verify, or roll back' : 'Verify';
  return folded(`${title} (in a clone of the repository)`, fenced('sh', commands.join('\n'), limit));
}

function inspect({ image, digest }: PublishedImage): string {
  return `docker buildx imagetools inspect ${image}@${digest}`;
}

function verifySignature({ image, digest }: PublishedImage, { plan }: Report): string {
  const repository = plan?.source.repository;
  return `gh attestation verify oci://${image}@${digest}${repository === undefined ? '' : ` --repo ${repository}`}`;
}

function verifyCosign({ image, digest }: PublishedImage, { plan }: Report): string {
  const identity = plan?.source.url === undefined ? '.*' : `^${plan.source.url}/`;
  return [
    'cosign verify-attestation --new-bundle-format --type slsaprovenance1',
    '--certificate-oidc-issuer https://token.actions.githubusercontent.com',
    `--certificate-identity-regexp '${identity}' ${image}@${digest}`,
  ].join(' ');
}

/** One per channel that has changed. */
function rollBackCommands(report: Report): string[] {
  const channels = new Map<string, Set<string>>();
  for (const deployment of report.deployments) {
    if (!('changes' in deployment)) continue;
    const keys = channels.get(deployment.channel) ?? new Set();
    for (const { key } of deployment.changes) keys.add(key);
    channels.set(deployment.channel, keys);
  }
  return [...channels].flatMap(([channel, keys]) =>
    keys.size === 0 ? [] : `image-release rollback ${[...keys].join(' ')} --channel ${channel}`,
  );
}
