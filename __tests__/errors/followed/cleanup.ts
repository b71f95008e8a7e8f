import { cleanUp } from '../../../src/cleanup.js';
import { contextOf, memoryRegistry, REQUEST, targetOf } from '../../cleanup/fixtures.js';
import { GHCR, openGithub, packageOf, tagsIn, type TokenName } from '../../cleanup/github.js';
import { told, type FollowedFix, type OutOfReach, type Told } from '../followed-fix.js';

const TARGET = targetOf({ ledger: ['main-0000002'] });

function published() {
  const registry = memoryRegistry();
  registry.image('main-0000001', 90);
  registry.image('main-0000002', 60);
  return registry;
}

const cleaning = (registry: ReturnType<typeof memoryRegistry>): Promise<Told> => {
  let warnings: Told = [];
  const run = async () => void ({ warnings } = await cleanUp(REQUEST, contextOf(registry.client, TARGET)));
  return told(run).then((errors) => [...errors, ...warnings]);
};

async function listing(token: TokenName): Promise<Told> {
  const made = packageOf(1);
  const { github, storeOf } = await openGithub(made);
  const store = await storeOf(token);
  const errors = await told(() => store.list(GHCR, tagsIn(made)));
  await github.stop();
  return errors;
}

let broken: ReturnType<typeof memoryRegistry>;

export const cleanupFixes: readonly (FollowedFix | OutOfReach)[] = [
  {
    code: 'cleanup/unreadable',
    provoke: () => {
      broken = published();
      broken.manifests.delete(broken.tags.get('main-0000001')!);
      return cleaning(broken);
    },
    // Stands for deleting the tag by hand.
    follow: () => (broken.tags.delete('main-0000001'), cleaning(broken)),
  },
  {
    code: 'cleanup/refused',
    provoke: () => listing('ghs_none'),
    steady: (text) => text.replace(/ \(request \w+\)/, ''),
    follow: ({ fix }) => (expect(fix).toContain('packages: write'), listing('ghs_deletes')),
  },
  {
    code: 'cleanup/not-deleted',
    provoke: () => {
      const registry = published();
      const remove = registry.client.deleteManifest;
      const [kept] = [registry.tags.get('main-0000001')];
      registry.client.deleteManifest = async (image, digest) => digest !== kept && remove(image, digest);
      return cleaning(registry);
    },
    outOfReach: 'the registry decides which versions it keeps',
  },
];
