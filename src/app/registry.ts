import type { TemporaryDockerConfig } from '../builders/docker-config.js';
import type { Config } from '../config/config.js';
import type { Place } from '../lib/errors.js';
import { proxyOf } from '../lib/http.js';
import { run } from '../lib/process.js';
import { hasHost } from '../plan/references.js';
import { createRegistryClient, type RegistryClient } from '../registry/client.js';
import { createCredentialLookup, readDockerConfig, type CredentialLookup } from '../registry/credentials.js';
import type { RunContext } from './run-context.js';

export { proxyOf };

export async function connectRegistry(
  setting: RunContext,
  login: TemporaryDockerConfig,
): Promise<{ client: RegistryClient; findLogin: CredentialLookup }> {
  const { env, logins, signal } = setting;
  const findLogin = createCredentialLookup({
    explicit: logins,
    config: await readDockerConfig(login.directory),
    runHelper: (program, args, input) => run(program, args, { env, input, signal }),
  });
  const client = createRegistryClient({
    credentials: findLogin,
    signal,
    userAgent: setting.userAgent,
    proxy: proxyOf(env),
  });
  return { client, findLogin };
}

/** The place in the configuration that names the registry of an image; undefined: the default applies. */
export function registryPlace(config: Config, key?: string): Place | undefined {
  const own = config.images.find((image) => image.key === key)?.image;
  if (own !== undefined && hasHost(own)) return config.place(`images.${key}.image`);
  return config.registry === undefined ? undefined : config.place('registry');
}
