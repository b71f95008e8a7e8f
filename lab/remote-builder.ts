import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What `buildx create --driver remote` writes, without starting it.
 * @param config buildx' own folder: `$BUILDX_CONFIG`, or `$DOCKER_CONFIG/buildx`
 * @returns the file that makes the builder known
 */
export async function writeRemoteBuilder(config: string, name: string, endpoint: string): Promise<string> {
  const node = {
    Name: `${name}0`,
    Endpoint: endpoint,
    Platforms: null,
    DriverOpts: null,
    Flags: null,
    Files: null,
  };
  const file = join(config, 'instances', name);
  await mkdir(join(config, 'instances'), { recursive: true });
  await writeFile(file, JSON.stringify({ Name: name, Driver: 'remote', Nodes: [node], Dynamic: false }));
  return file;
}
