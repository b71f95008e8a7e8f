import type { Instruction } from './dockerfile.js';
import { argumentsOf } from './instructions.js';
import { substitute, UNKNOWN, type Lookup } from './substitute.js';

/** Values before the first FROM, for FROM lines and ARG without default. */
export interface GlobalScope {
  lookup: Lookup;
  /** The name and the names it depends on, as far as they are declared there or BuildKit predefines them. */
  dependencies(name: string): string[];
}

/** Arguments that BuildKit predefines; values that depend on the builder are not known here. */
const UNKNOWN_ARGS = [
  ...['BUILDPLATFORM', 'BUILDOS', 'BUILDARCH', 'BUILDVARIANT'],
  // Older builders don't have these.
  ...['BUILDOSVERSION', 'TARGETOSVERSION', 'TARGETSTAGE'],
];

/** For `openGlobalScope`, if the platform is unknown. */
export const UNKNOWN_PLATFORM = 'unknown-platform';

/** As containerd normalizes platforms. */
const NORMALIZED: Record<string, string> = {
  ...{ x86_64: 'amd64', 'x86-64': 'amd64', 'amd64/v1': 'amd64' },
  ...{ aarch64: 'arm64', 'arm64/8': 'arm64', 'arm64/v8': 'arm64' },
  ...{ arm: 'arm/v7', 'arm/5': 'arm/v5', 'arm/6': 'arm/v6', 'arm/7': 'arm/v7' },
};
const NORMAL = /^(?:amd64(?:\/v[2-4])?|arm64|arm\/v[5-8]|386|ppc64le|s390x|riscv64|loong64|mips64(?:le)?)$/;

/**
 * @param args build arguments as given
 * @param platform `os/architecture[/variant]`
 * @see https://github.com/moby/buildkit/blob/master/frontend/dockerfile/dockerfile2llb/platform.go
 */
export function openGlobalScope(
  globalArgs: readonly Instruction[],
  args: Record<string, string>,
  platform: string,
  escape: string,
): GlobalScope | { refused: string; line: number } {
  const values = new Map<string, string>();
  const dependencies = new Map<string, Set<string>>();
  for (const [name, value] of Object.entries(platformArgs(platform))) {
    values.set(name, own(args, name) ?? value);
    dependencies.set(name, new Set([name]));
  }
  for (const { rest, line } of globalArgs)
    for (const { name, value } of argumentsOf(rest, escape)) {
      const needed = new Set([name, ...(dependencies.get(name) ?? [])]);
      const given = own(args, name);
      if (given !== undefined) values.set(name, given);
      else if (value !== undefined) {
        const result = substitute(value, (each) => values.get(each), escape);
        if (result.status === 'refused') return { refused: result.reason, line };
        values.set(name, result.value);
        for (const used of result.used) for (const each of dependencies.get(used) ?? []) needed.add(each);
      }
      dependencies.set(name, needed);
    }
  return {
    lookup: (name) => values.get(name),
    dependencies: (name) => [...(dependencies.get(name) ?? [])],
  };
}

/** Own property: arguments may be called `constructor`. */
export const own = <T>(record: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

function platformArgs(platform: string): Record<string, string> {
  const [, os = '', rest = ''] = /^([a-z0-9]+)\/(.+)$/.exec(platform.toLowerCase()) ?? [];
  const normal = own(NORMALIZED, rest) ?? rest;
  const isKnown = NORMAL.test(normal);
  const [architecture = '', variant = ''] = normal.split('/');
  return {
    ...Object.fromEntries(UNKNOWN_ARGS.map((name) => [name, UNKNOWN])),
    TARGETOS: os || UNKNOWN,
    TARGETPLATFORM: isKnown ? `${os}/${normal}` : UNKNOWN,
    TARGETARCH: isKnown ? architecture : UNKNOWN,
    TARGETVARIANT: isKnown ? variant : UNKNOWN,
  };
}

/** Variables of a stage. */
export class Environment {
  /** @param others value of a variable that was not set: `UNKNOWN` if the base image may set it */
  constructor(
    readonly values: Map<string, string>,
    readonly others: typeof UNKNOWN | undefined,
  ) {}

  readonly lookup: Lookup = (name) => this.values.get(name) ?? this.others;

  copy = (): Environment => new Environment(new Map(this.values), this.others);
}

/** Passed on from a stage to those that begin with it. */
export interface Inherited {
  env: Environment;
  /** ONBUILD instructions; `undefined`: there may be any. */
  triggers: Instruction[] | undefined;
}

export const NOTHING = (): Inherited => ({
  env: new Environment(new Map([['PATH', UNKNOWN]]), undefined),
  triggers: [],
});
export const ANYTHING = (): Inherited => ({ env: new Environment(new Map(), UNKNOWN), triggers: undefined });
