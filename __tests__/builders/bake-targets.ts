import { bakeDefinition } from '../../src/builders/buildx/bake-definition.js';

export type Target = Record<string, unknown> & { output: string[]; attest: string[]; annotations?: string[] };

export function targetOf(...args: Parameters<typeof bakeDefinition>): Target {
  const { json, targets } = bakeDefinition(...args);
  const key = args[0][0]!.key;
  return (JSON.parse(json) as { target: Record<string, Target> }).target[targets[key]!]!;
}
