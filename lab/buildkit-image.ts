import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pushImageLayout, writeImageLayout } from './oci-image.js';
import { layShell } from './root-filesystem.js';

const PROGRAMS = join(dirname(fileURLToPath(import.meta.url)), 'images', 'buildkit');

/**
 * Makes and pushes a stand-in for `moby/buildkit`, which can't be had without Docker Hub: for
 * `docker buildx create --driver docker-container --driver-opt image=…`. Its container comes and goes as a
 * real one does; what it is asked to build goes on to the proxy.
 * @param to.proxyPort see `startBuildkitProxy`
 * @param to.gateway where containers without the machine's network find the proxy
 * @returns reference with tag, which differs per proxy: a registry may serve several
 */
export async function pushBuildkitImage(to: {
  registry: string;
  proxyPort: number;
  gateway?: string;
}): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'buildkit-image-'));
  try {
    const root = join(work, 'root');
    await layShell(root);
    await cp(PROGRAMS, join(root, 'usr/bin'), { recursive: true });
    const layout = join(work, 'layout');
    await writeImageLayout(layout, {
      layers: [{ root, owner: 0 }],
      settings: {
        Env: [
          'PATH=/usr/bin:/bin',
          `LAB_BUILDKIT_PORT=${to.proxyPort}`,
          `LAB_BUILDKIT_GATEWAY=${to.gateway ?? '127.0.0.1'}`,
        ],
        Entrypoint: ['buildkitd'],
      },
    });
    return await pushImageLayout(layout, {
      host: to.registry,
      repository: 'base/buildkit',
      tag: `proxy-${to.proxyPort}`,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
