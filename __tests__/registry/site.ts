import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry, type Credentials as Login, type LabRegistry } from '../../lab/registry.js';
import { basic, createFronted, type Fronted } from './fronted.js';

export { basic, codesOf, login, problemsOf } from './fronted.js';

/** A registry, a front before it, and clients that talk to the front. */
export interface Site extends Fronted {
  registry: LabRegistry & { authorization?: string };
}

export async function createSite(auth?: Login): Promise<Site> {
  const base = await mkdtemp(join(tmpdir(), 'registry-test-'));
  const registry = await startRegistry({ dir: join(base, 'registry'), auth });
  const fronted = await createFronted(registry.host);
  return {
    ...fronted,
    registry: { ...registry, authorization: auth && basic(auth) },
    async stop() {
      await fronted.stop();
      await registry.stop();
      await rm(base, { recursive: true, force: true });
    },
  };
}
