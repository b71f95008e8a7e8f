import { join } from 'node:path';
import { configuration, image, kustomization, placeOf, type CliSite } from './cli-site.js';

/** What the person reads: one of these for each problem, in the order in which they are told. */
export interface Told {
  code: string;
  /** `file:line:column`, as far as there is a place. */
  place?: string;
  message: RegExp;
  fix: RegExp;
}

export interface BadInput {
  env?: Record<string, string>;
  args?: string[];
  told: Told[];
  /** Looks at what the case has started, and ends it. */
  finish?: () => Promise<void>;
}

export const CONFIG = 'image-release.yml';
/** Where the configuration holds some words. */
export const config = async (site: CliSite, words: string) => placeOf(CONFIG, await site.read(CONFIG), words);

/** Each spoils a site that is in order, and says what a release then tells. */
export const BAD_INPUTS: Record<string, (site: CliSite) => Promise<BadInput>> = {
  'no configuration': async (site) => {
    await site.commit({ [CONFIG]: undefined });
    return {
      told: [{ code: 'config/missing', message: /There is no configuration/, fix: /image-release init/ }],
    };
  },

  'a configuration that is not there': async () => ({
    args: ['release', '--config', 'ci/images.yml'],
    told: [
      {
        code: 'config/missing',
        message: /ci\/images\.yml does not exist/,
        fix: /relative to the repository root/,
      },
    ],
  }),

  'broken YAML': async (site) => {
    await site.commit({ [CONFIG]: 'images:\n  api: { context: api\ndeploy: k8s\n' });
    return {
      told: [
        {
          code: 'config/syntax',
          place: `${CONFIG}:3:1`,
          message: /`\{` or `\[` above is still open/,
          fix: /Close it/,
        },
      ],
    };
  },

  'unknown keys': async (site) => {
    await site.commit({
      [CONFIG]: 'images:\n  api:\n    contxt: api\n  web: { dockerFile: Dockerfile }\ndeplyo: k8s\n',
    });
    return {
      told: [
        {
          code: 'config/unknown-key',
          place: `${CONFIG}:3:5`,
          message: /no key `contxt`/,
          fix: /^Did you mean `context`\?$/,
        },
        {
          code: 'config/unknown-key',
          place: `${CONFIG}:4:10`,
          message: /no key `dockerFile`/,
          fix: /^Did you mean `dockerfile`\?$/,
        },
        {
          code: 'config/unknown-key',
          place: `${CONFIG}:5:1`,
          message: /no key `deplyo`/,
          fix: /^Did you mean `deploy`\?$/,
        },
      ],
    };
  },

  'a missing Dockerfile': async (site) => {
    await site.commit({ 'api/Dockerfile': undefined });
    return {
      told: [
        {
          code: 'preflight/missing-dockerfile',
          place: await config(site, '"api"'),
          message: /image api does not exist: api\/Dockerfile/,
          fix: /Create api\/Dockerfile, or name the right file/,
        },
      ],
    };
  },

  'a Dockerfile named from the root of the repository': async (site) => {
    await site.configure({ images: { api: image({ dockerfile: 'api/Dockerfile' }), web: image() } });
    return {
      told: [
        {
          code: 'preflight/missing-dockerfile',
          place: await config(site, '"api/Dockerfile"'),
          message: /does not exist: api\/api\/Dockerfile/,
          fix: /^`dockerfile` is relative to the context: write `Dockerfile`\.$/,
        },
      ],
    };
  },

  'a missing context': async (site) => {
    await site.configure({ images: { api: image({ context: 'services/api' }), web: image() } });
    return {
      told: [
        {
          code: 'preflight/missing-context',
          place: await config(site, '"services/api"'),
          message: /context of image api does not exist: services\/api/,
          fix: /Set `images\.api\.context`/,
        },
      ],
    };
  },

  'an image name with capitals': async (site) => {
    await site.configure({ images: { api: image({ image: 'Acme/API' }), web: image() } });
    return {
      told: [
        {
          code: 'image/invalid-name',
          place: await config(site, '"Acme/API"'),
          message: /Acme\/API has capitals, which no registry accepts/,
          fix: /^Write acme\/api\.$/,
        },
      ],
    };
  },

  'an image that the Kustomization does not list': async (site) => {
    const text = kustomization(site.prefix).replace('/api ', '/apo ');
    await site.commit({ 'k8s/kustomization.yml': text });
    return {
      told: [
        {
          code: 'deploy/entry-missing',
          place: placeOf('k8s/kustomization.yml', text, 'images:'),
          message: new RegExp(`no entry for ${site.prefix}/api; there are: ${site.prefix}/apo, page`),
          fix: new RegExp(`^Did you mean ${site.prefix}/apo\\? Otherwise add an entry`),
        },
      ],
    };
  },

  'a Kustomization that is not there': async (site) => {
    await site.configure({ deploy: ['k8s', 'k8s/production'] });
    return {
      told: [
        {
          code: 'deploy/kustomization-missing',
          place: await config(site, '"k8s/production"'),
          message: /No Kustomization on the branch .* matches "k8s\/production"/,
          fix: /those that exist: k8s\/kustomization\.yml/,
        },
      ],
    };
  },

  'a step of a Dockerfile that fails': async (site) => {
    await site.useRemoteBuilder();
    await site.commit({
      'web/Dockerfile': 'FROM busybox\nCOPY words /words\n\nRUN echo so far && grep nothing /words\n',
    });
    return {
      told: [
        {
          code: 'build/step-failed',
          place: 'web/Dockerfile:4',
          message: /Image web: `RUN echo so far && grep nothing \/words` failed with exit code 1/,
          fix: /Read its last output/,
        },
      ],
    };
  },

  'everything at once, as far as it can be known beforehand': async (site) => {
    await site.commit({
      [CONFIG]: configuration(site.prefix, {
        images: {
          api: image({ image: 'Acme/API', dockerfile: 'Dockerfile.production' }),
          web: image({ target: 'runtime' }),
        },
        deploy: ['k8s', 'k8s/production'],
      }),
      'k8s/kustomization.yml': kustomization(site.prefix).replace('/web', '/wed'),
    });
    return {
      env: { DOCKER_HOST: `unix://${join(site.home, 'docker.sock')}` },
      told: [
        {
          code: 'image/invalid-name',
          place: await config(site, '"Acme/API"'),
          message: /capitals/,
          fix: /Write/,
        },
        {
          code: 'preflight/missing-dockerfile',
          place: await config(site, '"Dockerfile.production"'),
          message: /does not exist/,
          fix: /Create/,
        },
        {
          code: 'preflight/missing-target',
          place: await config(site, '"runtime"'),
          message: /no stage named runtime/,
          fix: /FROM … AS/,
        },
        { code: 'build/daemon-unreachable', message: /doesn't answer/, fix: /Start/ },
        {
          code: 'deploy/entry-missing',
          place: 'k8s/kustomization.yml:5:1',
          message: /no entry for .*\/web/,
          fix: /Add an entry|Did you mean/,
        },
        {
          code: 'deploy/kustomization-missing',
          place: await config(site, '"k8s/production"'),
          message: /No Kustomization on the branch/,
          fix: /of those that exist/,
        },
      ],
    };
  },
};
