import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startRegistry } from '../../lab/registry.js';
import { freePort } from '../../testing/free-port.js';
import { run } from '../../src/lib/process.js';
import { CONFIG, config, type BadInput } from './cli-bad-inputs.js';
import { configuration, manifests, type CliSite } from './cli-site.js';

/** Repositories that are in order, where something around them is not. */
export const BAD_SURROUNDINGS: Record<string, (site: CliSite) => Promise<BadInput>> = {
  'a registry that is down': async (site) => {
    const prefix = `127.0.0.1:${await freePort()}/acme`;
    await site.commit({ [CONFIG]: configuration(prefix), ...manifests(prefix) });
    return {
      told: [
        {
          code: 'registry/unreachable',
          place: await config(site, `"${prefix}"`),
          message: /can't be reached: connect ECONNREFUSED/,
          fix: /Start the registry, or correct host and port/,
        },
      ],
    };
  },

  'a wrong password': async (site) => {
    const auth = { username: 'acme', password: 'the-right-password' };
    const registry = await startRegistry({ dir: join(site.home, 'registry'), auth });
    const prefix = `${registry.host}/acme`;
    await site.commit({ [CONFIG]: configuration(prefix), ...manifests(prefix) });
    return {
      env: { IMAGE_RELEASE_REGISTRY_USERNAME: 'acme', IMAGE_RELEASE_REGISTRY_PASSWORD: WRONG_PASSWORD },
      told: [
        {
          code: 'registry/unauthorized',
          place: await config(site, `"${prefix}"`),
          message: /rejects the login of acme/,
          fix: /Give registry-username and registry-password/,
        },
      ],
      finish: async () => {
        const writing = (await registry.requests()).filter(({ method }) => !['GET', 'HEAD'].includes(method));
        await registry.stop();
        expect(writing.filter(({ status }) => status < 400)).toEqual([]);
      },
    };
  },

  'no docker': async (site) => {
    await programs(site, {});
    return {
      env: { PATH: join(site.home, 'bin') },
      told: [
        {
          code: 'build/docker-missing',
          message: /docker command is not on PATH/,
          fix: /Install Docker with buildx/,
        },
      ],
    };
  },

  'a daemon that does not answer': async (site) => ({
    env: { DOCKER_HOST: `unix://${join(site.home, 'docker.sock')}` },
    told: [
      {
        code: 'build/daemon-unreachable',
        message: /Cannot connect to the Docker daemon/,
        fix: /Start the Docker daemon, or point DOCKER_HOST/,
      },
    ],
  }),

  'a buildx that is too old': async (site) => {
    await programs(site, { docker: OLD_DOCKER });
    return {
      env: { PATH: join(site.home, 'bin') },
      told: [
        {
          code: 'build/buildx-missing',
          message: /buildx v0\.11\.2 is too old: 0\.13 is required/,
          fix: /Install the buildx plugin, 0\.13 or newer/,
        },
      ],
    };
  },
};

export const WRONG_PASSWORD = 'wrong-password-marker';

/** Answers as Docker 24 with buildx 0.11 does; whatever else it is asked is not for it. */
const OLD_DOCKER = `#!/bin/sh
case "$*" in
  "info "*) echo '{"ServerVersion":"24.0.5","Driver":"overlay2","ClientInfo":{"Version":"24.0.5","Plugins":[{"Name":"buildx","Version":"v0.11.2"}]}}' ;;
  "buildx inspect") printf 'Name:   default\\nDriver: docker\\n\\nNodes:\\nName:      default\\nEndpoint:  default\\nStatus:    running\\n' ;;
  "buildx bake --help") printf '\\nUsage:  docker buildx bake [OPTIONS] [TARGET...]\\n' ;;
  *) echo "unknown flag" >&2; exit 1 ;;
esac
`;

/** A PATH with git and sh, and scripts under the names given. */
async function programs(site: CliSite, scripts: Record<string, string>): Promise<void> {
  const bin = join(site.home, 'bin');
  await mkdir(bin);
  for (const name of ['git', 'sh']) {
    const { stdout } = await run('sh', ['-c', `command -v ${name}`], { env: process.env });
    await symlink(stdout.toString().trim(), join(bin, name));
  }
  for (const [name, text] of Object.entries(scripts)) {
    await writeFile(join(bin, name), text);
    await chmod(join(bin, name), 0o755);
  }
}
