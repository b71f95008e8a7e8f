import { parseJson } from '../lib/json.js';
import { unlessMissing, type Probe } from './probe.js';

export type DockerFacts =
  | { docker: 'missing'; pod: boolean }
  | { docker: 'present'; client: string; server: DockerServer; buildx: Buildx; pod: boolean };

export type DockerServer =
  /** `message`: the client's error. A remote builder works without a daemon. */
  | { status: 'unreachable'; message: string }
  | {
      status: 'ready';
      version: string;
      /** The daemon's root directory contains it, too. */
      id?: string;
      /** The containerd store can push attestations and several platforms from the docker driver. */
      imageStore: 'containerd' | 'classic';
      /** Snapshotter or graph driver, such as `overlayfs`, `overlay2`, `vfs`. */
      storageDriver: string;
      rootDirectory: string;
      /** As the kernel names it: `linux/x86_64`. */
      platform: string;
    };

export type Buildx =
  | { status: 'missing'; message: string }
  | { status: 'present'; version: string; abilities: BuildxAbilities; builder: BuilderFacts };

export interface BuildxAbilities {
  /** `bake --allow=fs.read=…`; where it exists, paths outside the working directory need it. */
  allow: boolean;
  /** `bake --call=check` (buildx 0.17). */
  call: boolean;
}

/** The builder that a build without options would use. */
export type BuilderFacts =
  | { status: 'unusable'; name?: string; message: string }
  | { status: 'usable'; name: string; driver: string; nodes: BuilderNode[] };

export interface BuilderNode {
  name: string;
  /** `running`, `inactive` (starts when used), `stopped`. */
  status: string;
  /** Empty until the node has been started once. */
  platforms: string[];
  version?: string;
}

export interface ListedBuilder {
  name: string;
  /** `docker`, `docker-container`, `kubernetes`, `remote`, `cloud`; empty if buildx does not know it. */
  driver: string;
  nodes: (BuilderNode & { endpoint: string; /** Why it can't be used. */ message?: string })[];
  /** Why the builder can't be used; undefined: no reason is known. */
  message?: string;
}

/** Asks docker and buildx. `BUILDX_BUILDER` and docker contexts apply as they do for the user. Never throws if something is missing. */
export function probeDocker({ env, run, signal, builder }: Probe & { builder?: string }): Promise<DockerFacts> {
  const pod = Boolean(env['KUBERNETES_SERVICE_HOST']);
  const docker = (args: string[]) => run('docker', args, { env, signal });
  return unlessMissing<DockerFacts>({ docker: 'missing', pod }, async () => {
    const [info, inspect] = await Promise.all([
      docker(['info', '--format', '{{json .}}']),
      docker(['buildx', 'inspect', ...(builder === undefined ? [] : [builder])]),
    ]);
    const answer = (parseJson(info.stdout) ?? {}) as DockerInfo;
    const plugin = answer.ClientInfo?.Plugins?.find(({ Name }) => Name === 'buildx');
    const known = knownAbilities(plugin?.Version);
    const help = known ? undefined : await docker(['buildx', 'bake', '--help']);
    const abilities = known ?? readHelp(help!.stdout.toString());
    return {
      docker: 'present',
      client: answer.ClientInfo?.Version ?? 'unknown',
      server: readServer(answer, info.stderr.toString()),
      buildx: abilities
        ? {
            status: 'present',
            version: plugin?.Version ?? 'unknown',
            abilities,
            builder: readInspect(inspect.stdout.toString(), inspect.stderr.toString()),
          }
        : { status: 'missing', message: plugin?.Err ?? firstLine(help!.stderr.toString()) },
      pod,
    };
  });
}

/** Before 0.16 bake has neither, from 0.20 on both. Undefined: in between, or `v0.0.0+unknown`, as distributions ship it. */
function knownAbilities(version = ''): BuildxAbilities | undefined {
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)\.\d+/.exec(version)?.map(Number) ?? [];
  const both = major > 0 || minor >= 20;
  return both || (minor > 0 && minor < 16) ? { allow: both, call: both } : undefined;
}

/** @returns undefined if it is no help about bake */
function readHelp(text: string): BuildxAbilities | undefined {
  return text.includes('buildx bake') ? { allow: /\s--allow\s/.test(text), call: /\s--call\s/.test(text) } : undefined;
}

interface DockerInfo {
  ID?: string;
  ClientInfo?: { Version?: string; Plugins?: { Name: string; Version?: string; Err?: string }[] };
  ServerVersion?: string;
  ServerErrors?: string[];
  Driver?: string;
  DriverStatus?: [string, string][] | null;
  DockerRootDir?: string;
  OSType?: string;
  Architecture?: string;
}

function readServer(info: DockerInfo, stderr: string): DockerServer {
  if (!info.ServerVersion) {
    const message = info.ServerErrors?.[0] ?? firstLine(stderr);
    return { status: 'unreachable', message: message || 'The Docker daemon gave no answer.' };
  }
  const containerd = info.DriverStatus?.some(
    ([key, value]) => key === 'driver-type' && value.startsWith('io.containerd.snapshotter'),
  );
  return {
    status: 'ready',
    version: info.ServerVersion,
    ...(info.ID && { id: info.ID }),
    imageStore: containerd ? 'containerd' : 'classic',
    storageDriver: info.Driver ?? 'unknown',
    rootDirectory: info.DockerRootDir ?? '',
    platform: `${info.OSType}/${info.Architecture}`,
  };
}

/** Reads `docker buildx inspect`: `Key: value` lines, one block for the builder and one per node. */
export function readInspect(stdout: string, stderr: string): BuilderFacts {
  const [head = '', ...rest] = stdout.split(/^Nodes:$/m);
  const builder = readFields(head);
  const nodes = rest
    .join('')
    .split(/^(?=Name:)/m)
    .map(readFields)
    .filter((fields) => fields['Name'] !== undefined);
  const broken = builder['Error'] ?? nodes.find((node) => node['Error'] !== undefined)?.['Error'];
  const name = builder['Name'];
  if (name === undefined || builder['Driver'] === undefined || broken !== undefined) {
    const lastLine = stderr.trim().split('\n').at(-1)!;
    return {
      status: 'unusable',
      name,
      message: (broken ?? lastLine.replace(/^ERROR: /, '')) || 'docker buildx inspect gave no answer.',
    };
  }
  return {
    status: 'usable',
    name,
    driver: builder['Driver'],
    nodes: nodes.map((node) => ({
      name: node['Name']!,
      status: node['Status'] ?? 'unknown',
      platforms: node['Platforms']?.replaceAll('*', '').split(/,\s*/) ?? [],
      version: node['BuildKit version'] ?? node['Buildkit'],
    })),
  };
}

function readFields(block: string): Record<string, string> {
  const fields = block.matchAll(/^([A-Z][A-Za-z ]*):[ \t]+(\S.*)$/gm);
  return Object.fromEntries([...fields].map(([, name, value]) => [name!, value!.trim()]));
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

/**
 * Lists all builders that buildx knows. It asks every node and waits for those that give no answer, so it is only used
 * when the current builder can't build.
 */
export function listBuilders({ env, run, signal }: Probe): Promise<ListedBuilder[]> {
  return unlessMissing([], async () => {
    const { stdout } = await run('docker', ['buildx', 'ls', '--format', 'json'], { env, signal });
    return readBuilderList(stdout.toString());
  });
}

interface BuildxListEntry {
  Name?: string;
  Driver?: string;
  Err?: string;
  Nodes?: {
    Name?: string;
    Endpoint?: string;
    Status?: string;
    Platforms?: string[];
    Version?: string;
    Err?: string;
  }[];
}

/** Reads `docker buildx ls --format json` (buildx 0.13): an object per line, and some builders twice. */
export function readBuilderList(text: string): ListedBuilder[] {
  const builders = text.split('\n').flatMap((line) => {
    const entry = parseJson(line) as BuildxListEntry | undefined;
    if (entry?.Name === undefined) return [];
    const nodes = (entry.Nodes ?? []).map((node) => ({
      name: node.Name ?? '',
      endpoint: node.Endpoint ?? '',
      status: node.Status ?? 'unknown',
      platforms: (node.Platforms ?? []).map((platform) => platform.replace(/\*$/, '')),
      ...(node.Version && { version: node.Version }),
      ...(node.Err && { message: node.Err }),
    }));
    const message = entry.Err || nodes.find((node) => node.message !== undefined)?.message;
    return [{ name: entry.Name, driver: entry.Driver ?? '', nodes, ...(message && { message }) }];
  });
  return [...new Map(builders.map((builder) => [builder.name, builder])).values()];
}
