import { isLoopback } from '../../lib/loopback.js';
import type { Draft } from './draft.js';
import type { Found, Repository } from './found.js';

/** What is to be known of a registry that the repository names without knowing ours. */
export function registryNotes({ registry }: Draft, { name }: Repository, found: Found): string[] {
  if (isLoopback(registry.split('/')[0]!))
    return [
      `${registry} is on this machine, where a workflow's runner can not push: change \`registry\` before you rely on the workflow.`,
    ];
  const owner = name?.split('/')[0]?.toLowerCase();
  const isPublished = found.images.length > 0 || found.bakes.length > 0;
  if (isPublished || owner === undefined || !registry.startsWith('docker.io/')) return [];
  const account = registry.slice('docker.io/'.length);
  return account === owner
    ? []
    : [
        `Manifests name ${account}/… without a registry, which is an account of Docker Hub for every tool. If it is only a placeholder, begin again without these files: image-release init --registry ghcr.io/${owner}`,
      ];
}
