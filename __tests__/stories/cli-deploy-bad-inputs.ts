import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../../testing/acme.js';
import { startFakeGithub } from '../../testing/fake-github/server.js';
import { config, type BadInput } from './cli-bad-inputs.js';
import { placeOf, type CliSite } from './cli-site.js';
import { pods, READ_TOKEN } from './shop.js';

const FILE = 'k8s/kustomization.yml';

const lineOf = (place: string) => place.replace(/:\d+$/, '');

/** Commits another text of the Kustomization; @returns where it holds some words */
async function rewrite(site: CliSite, change: (text: string) => string): Promise<(words: string) => string> {
  const text = change(await site.read(FILE));
  await site.commit({ [FILE]: text });
  return (words) => placeOf(FILE, text, words);
}

/** Commits what can't be written as text. */
async function write(site: CliSite, bytes: Uint8Array): Promise<void> {
  await writeFile(join(site.dir, FILE), bytes);
  await site.commit({});
}

/** Each spoils a site on which both images have been deployed once, and says what the next deploy then tells. */
export const BAD_DEPLOYS: Record<string, (site: CliSite) => Promise<BadInput>> = {
  'a branch that does not exist': async (site) => {
    await site.configure({ deploy: { kustomization: 'k8s', branch: 'production' } });
    return {
      told: [
        {
          code: 'deploy/target-missing',
          place: await config(site, '"k8s"'),
          message: /There is no branch "production" in /,
          fix: /Set deploy\.branch to one that exists: main\./,
        },
      ],
    };
  },

  'an empty repository': async (site) => {
    const empty = join(site.home, 'empty.git');
    await git(site.dir, ['init', '--quiet', '--bare', '--initial-branch=main', empty]);
    await site.configure({ deploy: { kustomization: 'k8s', branch: 'main' } });
    await site.git('remote', 'set-url', 'origin', empty);
    return {
      told: [
        {
          code: 'deploy/target-missing',
          place: await config(site, '"k8s"'),
          message: /has no commit yet, so there is no Kustomization to edit/,
          fix: /Push a first commit/,
        },
      ],
      finish: async () => {
        expect(await git(empty, ['for-each-ref'])).toBe('');
      },
    };
  },

  'a token without rights': async (site) => {
    const tokens = { [READ_TOKEN]: 'read' } as const;
    const repository = { owner: 'acme', name: 'app', dir: site.bare, defaultBranch: 'main', tokens };
    const github = await startFakeGithub({ repositories: [repository] });
    await site.git('remote', 'set-url', 'origin', `${github.url}/acme/app`);
    return {
      env: { GITHUB_TOKEN: READ_TOKEN, GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.apiUrl },
      told: [
        {
          code: 'deploy/permission-denied',
          message: /The token may not commit to main of acme\/app/,
          fix: /contents: write/,
        },
      ],
      finish: () => github.stop(),
    };
  },

  'a base that lies outside of the repository': async (site) => {
    const at = await rewrite(site, (text) => text.replace('[pods.yaml]', '[pods.yaml, ../../base]'));
    return {
      told: [
        {
          code: 'deploy/kustomize-rejects',
          place: lineOf(at('resources')),
          message: /\.\.\/\.\.\/base/,
          fix: /Move|move|inside/,
        },
      ],
    };
  },

  'a path that leaves the repository': async (site) => {
    await site.configure({ deploy: '../other/k8s' });
    return {
      told: [
        {
          code: 'config/invalid',
          place: await config(site, '"../other/k8s"'),
          message: /inside the repository/,
          fix: /./,
        },
      ],
    };
  },

  'a Kustomization that is a symbolic link': async (site) => {
    const text = await site.read(FILE);
    await site.commit({ [FILE]: undefined, 'shared/kustomization.yml': text });
    await symlink('../shared/kustomization.yml', join(site.dir, FILE));
    await site.commit({});
    return {
      told: [
        {
          code: 'deploy/kustomization-missing',
          place: FILE,
          message: /is a symbolic link to \.\.\/shared\/kustomization\.yml/,
          fix: /the file that it points to/,
        },
      ],
    };
  },

  'a file of 10 MB': async (site) => {
    const text = await site.read(FILE);
    await write(site, Buffer.from(`${text}# ${'x'.repeat(10 * 1024 * 1024)}\n`));
    return {
      told: [
        {
          code: 'deploy/kustomization-missing',
          place: FILE,
          message: /is 10\.0 MiB large; a Kustomization has at most 1 MiB/,
          fix: /Name the Kustomization itself/,
        },
      ],
    };
  },

  'bytes that are not UTF-8': async (site) => {
    const text = await site.read(FILE);
    await write(site, Buffer.from(text.replace('# speaks', '# spräche'), 'latin1'));
    return {
      told: [
        {
          code: 'deploy/kustomization-unreadable',
          place: placeOf(FILE, text.replace('# speaks', '# spräche'), 'äche'),
          message: /is not UTF-8/,
          fix: /Save the file as UTF-8/,
        },
      ],
    };
  },

  'a tag that is an alias': async (site) => {
    const at = await rewrite(site, (text) =>
      text.replace('kind:', 'namePrefix: &tag v1\nkind:').replace(/newTag: v1$/m, 'newTag: *tag'),
    );
    return {
      told: [
        {
          code: 'deploy/kustomization-unsafe',
          place: at('newTag: *tag'),
          message: /newTag of .* is not a single value/,
          fix: /./,
        },
      ],
    };
  },

  'two entries of one image': async (site) => {
    const at = await rewrite(site, (text) => `${text}  - newTag: v0\n    name: ${site.prefix}/api\n`);
    return {
      told: [
        {
          code: 'deploy/kustomization-unsafe',
          place: at(`name: ${site.prefix}/api\n`),
          message: /2 entries for .*\/api/,
          fix: /./,
        },
      ],
    };
  },

  'several documents': async (site) => {
    const at = await rewrite(site, (text) => `${text}---\nkind: Component\n`);
    return {
      told: [
        {
          code: 'deploy/kustomization-unsafe',
          place: at('kind: Component'),
          message: /several documents/,
          fix: /./,
        },
      ],
    };
  },

  "Flux's own Kustomization": async (site) => {
    const at = await rewrite(site, (text) =>
      text.replace('kustomize.config.k8s.io/v1beta1', 'kustomize.toolkit.fluxcd.io/v1'),
    );
    return {
      told: [
        {
          code: 'deploy/kustomization-missing',
          place: at('kustomize.toolkit'),
          message: /Flux's own Kustomization resource/,
          fix: /./,
        },
      ],
    };
  },

  'an unknown field of an entry': async (site) => {
    const at = await rewrite(site, (text) => text.replace('newTag: v1\n', 'newTag: v1\n    pullPolicy: Always\n'));
    return {
      told: [
        {
          code: 'deploy/kustomize-rejects',
          place: at('pullPolicy'),
          message: /has the key "pullPolicy"/,
          fix: /./,
        },
      ],
    };
  },

  'an entry that matches nothing': async (site) => {
    await mkdir(join(site.dir, 'k8s'), { recursive: true });
    await site.commit({ 'k8s/pods.yaml': pods({ api: `${site.prefix}/api`, web: 'webshop' }) });
    return {
      told: [
        {
          code: 'deploy/image-unmatched',
          place: lineOf(placeOf(FILE, await site.read(FILE), 'page')),
          message: /page/,
          fix: /./,
        },
      ],
    };
  },

  'a tag and a digest that are none': async (site) => ({
    args: [
      ...['deploy', '--image', `api=${site.prefix}/api:-v2`],
      ...['--image', `web=${site.prefix}/web:v2@sha256:12ab`],
    ],
    told: [
      { code: 'usage/invalid', message: /api:-v2`\./, fix: /^Write, for example, / },
      { code: 'usage/invalid', message: /v2@sha256:12ab`\./, fix: /^Write, for example, / },
    ],
  }),
};
