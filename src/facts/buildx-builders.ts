import { ProgramMissing, type run as runProcess } from '../lib/process.js';
import type { BuilderNode } from './docker.js';

/** A builder of `docker buildx ls`. */
export interface ListedBuilder {
  name: string;
  /** `docker`, `docker-container`, `kubernetes`, `remote`, `cloud`; empty where buildx could not tell. */
  driver: string;
  nodes: (BuilderNode & { endpoint: string; /** Why it can't be used. */ message?: string })[];
  /** Why the builder can't be used; undefined: nothing is known against it. */
  message?: string;
}

export interface BuildxListProbe {
  env: NodeJS.ProcessEnv;
  run: typeof runProcess;
  signal?: AbortSignal;
}

/**
 * Lists all builders that buildx knows. It asks every node, and waits for those that give no answer; so this is
 * asked only when the present builder won't do.
 */
export async function listBuilders({ env, run, signal }: BuildxListProbe): Promise<ListedBuilder[]> {
  try {
    const { stdout } = await run('docker', ['buildx', 'ls', '--format', 'json'], { env, signal });
    return readBuilderList(stdout.toString());
  } catch (error) {
    if (error instanceof ProgramMissing) return [];
    throw error;
  }
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
    const entry = readEntry(line);
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

function readEntry(line: string): BuildxListEntry | undefined {
  try {
    return JSON.parse(line) as BuildxListEntry;
  } catch {
    return undefined;
  }
}
