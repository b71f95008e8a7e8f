import { parseDockerfile } from '../dockerfile/parse.js';
import type { Stage } from '../dockerfile/dockerfile.js';
import { FOR_DEVELOPERS, FOR_PRODUCTION, isVariant } from './image-keys.js';

/** No stage of these names is an image by itself, even where nothing else stands on it. */
const STEP =
  /^(?:base|deps?|dependencies|build|builder|compile|lint|check|format|docs|sources?|vendor|artifacts?|upload.*|.*-artifact|nightly.*)$/;

/**
 * The stages of a Dockerfile that are images, where the last one alone is not what is released: several that nothing else
 * stands on, or one for production before one for developers. Empty: the last one is.
 */
export function releasedStages(text: string): string[] {
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile) return [];
  const { stages } = dockerfile;
  const used = new Set(stages.flatMap(usedBy));
  const ends = stages.filter(({ name, index }) => !used.has(name ?? '') && !used.has(String(index)));
  const last = stages.at(-1)?.name;
  // One without a name is what is built by default; whatever stands beside it is for something else.
  if (last === undefined) return [];
  const names = ends.flatMap(({ name }) => name ?? []);
  const production = stages
    .filter(({ name, index }) => stages.every((user) => isEndBeside(user, name, index)))
    .flatMap(({ name }) => name ?? [])
    .find((name) => FOR_PRODUCTION.test(name));
  const isForUse = (name: string) => !FOR_DEVELOPERS.test(name) && !STEP.test(name);
  if (!isForUse(last)) {
    const one = production ?? (names.filter(isForUse).length === 1 ? names.find(isForUse) : undefined);
    return one === undefined ? [] : [one];
  }
  const products = names.filter((name) => isForUse(name) && !isVariant(name));
  return products.length > 1 && products.includes(last) ? products : [];
}

/** What developers add to the image of production takes nothing from it. */
function isEndBeside(user: Stage, name: string | undefined, index: number): boolean {
  const used = usedBy(user);
  return FOR_DEVELOPERS.test(user.name ?? '') || !(used.includes(name ?? '') || used.includes(String(index)));
}

/** Stages that an argument chooses between: `FROM ${SERVICE}`. The default is one image, and each other one another. */
export function chosenByArgument(text: string): { argument: string; stages: string[] } | undefined {
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile) return undefined;
  const { stages } = dockerfile;
  const [, argument] = /^\$\{?(\w+)\}?$/.exec(stages.at(-1)?.base ?? '') ?? [];
  const used = new Set(stages.flatMap(usedBy));
  const names = stages.slice(0, -1).flatMap(({ name }) => name ?? []);
  const ends = names.filter((name) => !used.has(name) && !STEP.test(name) && !FOR_DEVELOPERS.test(name));
  return argument === undefined || ends.length === 0 ? undefined : { argument, stages: ends };
}

/** Names and numbers of the stages that one stands on or copies from. */
function usedBy({ base, instructions }: Stage): string[] {
  const copied = instructions.flatMap(({ flags }) =>
    flags.flatMap(({ name, value }) => {
      if (name === 'from') return value;
      return name === 'mount' ? (/(?:^|,)from=([^,]+)/.exec(value)?.[1] ?? []) : [];
    }),
  );
  return [base, ...copied].map((name) => name.toLowerCase());
}
