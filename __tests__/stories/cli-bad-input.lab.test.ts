/** @programs docker kustomize */
import { join } from 'node:path';
import { startRegistry } from '../../lab/registry.js';
import { freePort } from '../../testing/free-port.js';
import { configuration, manifests, openCliSite, placeOf, type CliSite } from './cli-site.js';

const CONFIG = 'image-release.yml';
const WRONG_PASSWORD = 'wrong-password-marker';

interface BadInput {
  env?: Record<string, string>;
  exitCode: number;
  /** The expected problem. */
  told: { code: string; place: string; message: RegExp; fix: RegExp };
  /** Stops what the case has started, and checks it. */
  finish?: () => Promise<void>;
}

/** Points the configuration of a site at another registry; @returns the place in the file */
async function useRegistry(site: CliSite, prefix: string): Promise<string> {
  const text = configuration(prefix);
  await site.commit({ [CONFIG]: text, ...manifests(prefix) });
  return placeOf(CONFIG, text, `"${prefix}"`);
}

/** Each breaks a valid site at another stage of a release. `ten-faults` covers the preflight checks. */
const CASES: Record<string, (site: CliSite) => Promise<BadInput>> = {
  'broken YAML': async (site) => {
    await site.commit({ [CONFIG]: 'images:\n  api: { context: api\ndeploy: k8s\n' });
    const [message, fix] = [/`\{` or `\[` above is still open/, /Close it/];
    return { exitCode: 2, told: { code: 'config/syntax', place: `${CONFIG}:3:1`, message, fix } };
  },

  'a failing Dockerfile step': async (site) => {
    await site.useRemoteBuilder();
    const step = 'RUN echo so far && grep nothing /words';
    await site.commit({ 'web/Dockerfile': `FROM busybox\nCOPY words /words\n\n${step}\n` });
    const message = new RegExp(`Image web: \`${step}\` failed with exit code 1`);
    return {
      exitCode: 1,
      told: { code: 'build/step-failed', place: 'web/Dockerfile:4', message, fix: /Read its last output/ },
    };
  },

  'an unreachable registry': async (site) => {
    const place = await useRegistry(site, `127.0.0.1:${await freePort()}/acme`);
    const [message, fix] = [/can't be reached: connect ECONNREFUSED/, /Start the registry, or correct host and port/];
    return { exitCode: 1, told: { code: 'registry/unreachable', place, message, fix } };
  },

  'a wrong password': async (site) => {
    const auth = { username: 'acme', password: 'the-right-password' };
    const registry = await startRegistry({ dir: join(site.home, 'registry'), auth });
    const place = await useRegistry(site, `${registry.host}/acme`);
    const [message, fix] = [/rejects the login of acme/, /Give registry-username and registry-password/];
    return {
      env: { IMAGE_RELEASE_REGISTRY_USERNAME: 'acme', IMAGE_RELEASE_REGISTRY_PASSWORD: WRONG_PASSWORD },
      exitCode: 1,
      told: { code: 'registry/unauthorized', place, message, fix },
      finish: async () => {
        const writing = (await registry.requests()).filter(({ method }) => !['GET', 'HEAD'].includes(method));
        await registry.stop();
        expect(writing.filter(({ status }) => status < 400)).toEqual([]);
      },
    };
  },
};

/** The printed errors: code and place of the headline, the message below it, and the fix after the arrow. */
function readErrors(stderr: string) {
  const pattern = /^error \[(\S+)\](?: (\S+))?\n((?: {2}.*\n)*?) {2}→ (.*)$/gm;
  return [...stderr.matchAll(pattern)].map(([, code, place, message, fix]) => ({
    code,
    place,
    message,
    fix,
  }));
}

let sound: CliSite;
beforeAll(async () => {
  sound = await openCliSite();
});
afterAll(() => sound.close());

test.each(Object.entries(CASES))(
  '%s stops the release with one error that has place and fix; nothing is pushed, committed or left behind',
  async (_, prepare) => {
    const site = await openCliSite({ like: sound });
    let finish: BadInput['finish'];
    try {
      const found = await prepare(site);
      finish = found.finish;
      const before = await site.traces();
      const { exitCode, stdout, stderr } = await site.cli(['release'], { env: found.env });

      expect(stdout).toBe('');
      const { code, place, message, fix } = found.told;
      expect(readErrors(stderr)).toEqual([
        { code, place, message: expect.stringMatching(message), fix: expect.stringMatching(fix) },
      ]);
      expect(exitCode).toBe(found.exitCode);
      expect(stderr).not.toContain(WRONG_PASSWORD);
      expect(stderr).not.toMatch(/^\s+at .*\.js:\d+/m);
      expect(await site.traces()).toEqual(before);
      expect(before.temp).toEqual([]);
    } finally {
      await finish?.();
      await site.close();
    }
  },
);
