import { join } from 'node:path';
import { createAcmeRepository, type AcmeRepository } from '../testing/acme.js';
import { startFakeActionsCache, type FakeActionsCache } from '../testing/fake-actions-cache/server.js';
import { startFakeGithub, type FakeGithub } from '../testing/fake-github/server.js';
import { startSharedLab, type SharedLab } from './shared-lab.js';

const TOKEN = 'lab-token';

/** Everything around a release of examples/acme as `acme/app`. */
export interface AcmeLab {
  shared: SharedLab;
  acme: AcmeRepository;
  /** Serves the bare origin; `token` may write. */
  github: FakeGithub;
  token: string;
  cache: FakeActionsCache;
  stop(): Promise<void>;
}

/** Starts daemon, registry and the doubles of GitHub and of the Actions cache, around a copy of the example. */
export async function startAcmeLab(): Promise<AcmeLab> {
  const shared = await startSharedLab();
  try {
    const { lab } = shared;
    const acme = await createAcmeRepository({
      dir: join(shared.dir, 'repositories'),
      registry: lab.registry,
      baseNode: lab.baseNode,
      scanner: lab.scanner,
    });
    const github = await startFakeGithub({
      repositories: [
        { owner: 'acme', name: 'app', dir: acme.bare, defaultBranch: 'main', tokens: { [TOKEN]: 'write' } },
      ],
    });
    const cache = await startFakeActionsCache();
    const stop = async () => {
      await cache.stop();
      await github.stop();
      await shared.stop();
    };
    return { shared, acme, github, token: TOKEN, cache, stop };
  } catch (error) {
    await shared.stop();
    throw error;
  }
}
