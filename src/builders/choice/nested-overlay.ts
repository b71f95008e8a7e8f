import type { DockerFacts } from '../../facts/docker.js';
import type { StorageFacts } from '../../facts/storage.js';
import type { Problem } from '../../lib/errors.js';

/** Drivers that stack layers by mounting overlays. */
const OVERLAY_DRIVERS = ['overlayfs', 'overlay2', 'overlay'];

/**
 * What is wrong with a daemon whose layers lie where no overlay can be mounted: it starts, pulls, and fails at
 * the first layer upon another. https://docs.kernel.org/filesystems/overlayfs.html#upper-and-lower
 */
export function findNestedOverlay(docker: DockerFacts, storage: StorageFacts): Problem | undefined {
  if (docker.docker === 'missing' || docker.server.status !== 'ready' || storage.seen === 'no')
    return undefined;
  const { storageDriver } = docker.server;
  const { path, fileSystem, mount, trial } = storage;
  if (!OVERLAY_DRIVERS.includes(storageDriver) || trial.result === 'mounted') return undefined;
  const refused = trial.result === 'refused' && trial.error === 'EINVAL';
  if (fileSystem !== 'overlayfs' && !refused) return undefined;
  const mounted = mount === undefined || mount.point === path ? '' : `, mounted at ${mount.point}`;
  const proof = refused ? 'the kernel refuses an overlay on it (EINVAL)' : 'no overlay can be mounted on it';
  return {
    code: 'build/nested-overlay',
    severity: 'error',
    message: `Docker here can't nest overlayfs: its layers in ${path} lie on ${fileSystem}${mounted}, and ${proof}.`,
    fix: `Put Docker's data on a volume (emptyDir, PVC, ext4), or set \`"storage-driver": "native"\` with the containerd image store in daemon.json, or build elsewhere: with a BuildKit (BUILDKIT_HOST), Kaniko or the workflow. See docs/builders.md.`,
  };
}

/** Docker's classic store doesn't fail there: it falls back to copying whole layers, and says so in its log alone. */
export function findSilentCopies(docker: DockerFacts, storage: StorageFacts): Problem[] {
  if (docker.docker === 'missing' || docker.server.status !== 'ready' || storage.seen === 'no') return [];
  if (docker.server.storageDriver !== 'vfs' || storage.fileSystem !== 'overlayfs') return [];
  return [
    {
      code: 'build/nested-overlay',
      severity: 'warning',
      message: `Docker copies whole layers (vfs), since its data in ${storage.path} lies on overlayfs: builds are slow and take much disk.`,
      fix: "Put Docker's data on a volume (emptyDir, PVC, ext4). See docs/builders.md.",
    },
  ];
}
