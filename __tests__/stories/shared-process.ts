import { LESS_GC } from '../../testing/processes.js';
import type { CliSite } from './cli-site.js';
import { SharedCli, type SharedEnd } from './shared-cli.js';
import { lab } from './shop.js';

export interface SharedProcess {
  /** Runs the bundle as `CliSite` does, but consecutive runs share a process. */
  cli(args: readonly string[], over?: { cwd?: string; env?: Record<string, string> }): Promise<SharedEnd>;
  end(): void;
}

/** Shares one process between the CLI runs of a site. Concurrent runs get separate processes. */
export function shareProcess(site: CliSite): SharedProcess {
  const shared = new SharedCli();
  return {
    end: () => shared.end(),
    cli: async (args, over = {}) => {
      if (shared.isBusy) return site.cli(args, over);
      const { PATH = '' } = process.env;
      const fixed = { ...LESS_GC, PATH, HOME: site.home, TMPDIR: site.temp, DOCKER_HOST: lab.dockerHost };
      const end = await shared.run({ args, cwd: over.cwd ?? site.dir, env: { ...fixed, ...over.env } }, 60_000);
      if (end === undefined) throw new Error(`${args.join(' ')} did not end.`);
      return end;
    },
  };
}
