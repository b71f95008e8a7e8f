import { posix } from 'node:path';
import type { Dockerfile, Instruction } from '../../inputs/dockerfile/dockerfile.js';

/** What commands work on, in the folder that they are run for. */
const WORKED_ON: readonly (readonly [RegExp, string])[] = [
  [/\bturbo\b(?:@\S+)?\s+prune\b/, 'turbo.json'],
  [/\bnx\s+(?:run|run-many|build|affected)\b/, 'nx.json'],
  [/\bpnpm\b[^&|;]*\s(?:--filter|-F|-r|--recursive|deploy)\b/, 'pnpm-workspace.yaml'],
  [/\bpnpm\s+(?:i|install)\b[^&|;]*--frozen-lockfile/, 'pnpm-lock.yaml'],
  [/\bnpm\s+ci\b/, 'package-lock.json'],
  [/\bbun\s+(?:i|install)\b[^&|;]*--frozen-lockfile/, 'bun.lock'],
  [/\bbun\s+(?:i|install)\b[^&|;]*--frozen-lockfile/, 'bun.lockb'],
  [/\buv\s+sync\b/, 'uv.lock'],
  [/\bpoetry\s+install\b/, 'pyproject.toml'],
  [/\bcomposer\s+install\b/, 'composer.json'],
  [/\bbundle\s+install\b/, 'Gemfile'],
  [/\byarn\b[^&|;]*--(?:frozen-lockfile|immutable)\b/, 'yarn.lock'],
  [/\bgo\s+(?:build|install)\s/, 'go.mod'],
  [/\bcargo\s+build\b/, 'Cargo.toml'],
  [/\bmvnw?\s/, 'pom.xml'],
  [/\.\/gradlew\b/, 'gradlew'],
  [/\bgradlew?\b[^&|;]*\s:[\w-]+:/, 'settings.gradle'],
  [/\bgradlew?\b[^&|;]*\s:[\w-]+:/, 'settings.gradle.kts'],
];

/**
 * What the context holds of a Dockerfile that copies all of it: files that its commands work on, and its own folder where
 * it is named from above (`WORKDIR /app/apps/web`).
 */
export function neededPaths({ stages }: Dockerfile, path: string): string[] {
  const all = stages.flatMap(({ instructions }) => instructions);
  const commands = all.filter(({ keyword }) => keyword === 'RUN').map(({ rest }) => rest);
  const own = posix.dirname(path);
  const isNamed = own.includes('/') && all.some((instruction) => names(instruction, own));
  return [
    ...WORKED_ON.flatMap(([pattern, file]) => (commands.some((text) => pattern.test(text)) ? file : [])),
    ...(isNamed ? [own] : []),
  ];
}

function names({ rest, keyword }: Instruction, folder: string): boolean {
  return (
    keyword !== 'LABEL' &&
    rest
      .split(/[\s"',=:]+/)
      .some((word) => `${word}/`.includes(`/${folder}/`) || `${word}/`.startsWith(`${folder}/`))
  );
}
