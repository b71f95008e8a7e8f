import type { Repository } from '../../src/init/found.js';

export function repositoryOf(files: Record<string, string>, name?: string): Repository {
  return {
    ...(name !== undefined && { name }),
    folder: 'shop',
    defaultBranch: 'main',
    paths: Object.keys(files).sort(),
    files: Object.entries(files).map(([path, text]) => ({ path, text })),
  };
}

/** A Dockerfile that copies these paths. */
export function copying(...sources: string[]): string {
  return `FROM node:24-alpine\n${sources.map((source) => `COPY ${source} ./`).join('\n')}\n`;
}

/** A manifest with a Deployment for each name. */
export function deployments(images: Record<string, string>): string {
  return Object.entries(images)
    .map(
      ([name, image]) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec: { template: { spec: { containers: [{ name: main, image: '${image}' }] } } }
`,
    )
    .join('---\n');
}

/** A Kustomization with these resources and lines. */
export function kustomization(resources: string, ...lines: string[]): string {
  return ['kind: Kustomization', `resources: [${resources}]`, ...lines, ''].join('\n');
}
