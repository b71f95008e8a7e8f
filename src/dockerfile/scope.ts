import type { Instruction } from './dockerfile.js';
import { argumentsOf } from './instructions.js';
import { substitute, UNKNOWN, type Lookup } from './substitute.js';

/** Values before the first FROM, for FROM lines and ARG without default. */
export interface GlobalScope {
  lookup: Lookup;
  /** Names with what they depend on, themselves included, that are declared there or that BuildKit predefines. */
  dependencies(name: string): string[];
}

const ARCHITECTURES: Record<string, string> = { x86_64: 'amd64', 'x86-64': 'amd64', aarch64: 'arm64' };

/** Arguments that BuildKit predefines; those of the builder's own platform are not known here. */
const BUILDERS_OWN = [
  'BUILDPLATFORM',
  'BUILDOS',
  'BUILDARCH',
  'BUILDVARIANT',
  // Older builders don't have these.
  'BUILDOSVERSION',
  'TARGETOSVERSION',
  'TARGETSTAGE',
];

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
  const builders = Object.fromEntries(BUILDERS_OWN.map((name) => [name, UNKNOWN]));
  const parts = /^([a-z0-9]+)\/([\w-]+)(?:\/(\w+))?$/.exec(platform.toLowerCase());
  if (!parts)
    return {
      ...builders,
      TARGETPLATFORM: UNKNOWN,
      TARGETOS: UNKNOWN,
      TARGETARCH: UNKNOWN,
      TARGETVARIANT: UNKNOWN,
    };
  const [, os, given, variantGiven] = parts;
  const architecture = ARCHITECTURES[given!] ?? given!;
  const variant = variantOf(architecture, variantGiven);
  return {
    ...builders,
    TARGETPLATFORM: variant.includes(UNKNOWN)
      ? UNKNOWN
      : [os, architecture, variant].filter(Boolean).join('/'),
    TARGETOS: os!,
    TARGETARCH: variant.includes(UNKNOWN) ? UNKNOWN : architecture,
    TARGETVARIANT: variant,
  };
}

/** As containerd normalises them. */
function variantOf(architecture: string, variant = ''): string {
  switch (`${architecture}/${variant}`) {
    case 'arm64/':
    case 'arm64/8':
    case 'arm64/v8':
    case 'amd64/v1':
      return '';
    case 'arm/':
    case 'arm/7':
      return 'v7';
    case 'arm/5':
    case 'arm/6':
    case 'arm/8':
      return `v${variant}`;
  }
  return /^(?:armhf|armel|i386|i686)$/.test(architecture) ? UNKNOWN : variant;
}

/** Variables of a stage. */
export class Environment {
  /** @param others value of a variable that was not set: `UNKNOWN` where the base image may set it */
  constructor(
    readonly values: Map<string, string>,
    readonly others: typeof UNKNOWN | undefined,
  ) {}

  readonly lookup: Lookup = (name) => this.values.get(name) ?? this.others;

  copy = (): Environment => new Environment(new Map(this.values), this.others);
}

/** What a stage passes on to those that begin with it. */
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
