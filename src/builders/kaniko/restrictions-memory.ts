import type { Stage } from '../../dockerfile/dockerfile.js';
import type { Problem } from '../../lib/errors.js';
import type { KanikoCandidate } from './restrictions.js';

const MEBI = 1024 ** 2;

/** What runtimes are told of their heap, with the factor of the number in bytes. */
const HEAP_FLAGS: readonly { pattern: RegExp; unit: (match: RegExpExecArray) => number }[] = [
  { pattern: /--max[-_]old[-_]space[-_]size[= ](\d+)/g, unit: () => MEBI },
  {
    pattern: /-Xmx(\d+)([kmg]?)\b/gi,
    unit: ([, , unit = '']) => ({ k: 1024, m: MEBI, g: 1024 ** 3 })[unit.toLowerCase()] ?? 1,
  },
];

/** A step that may take as much memory as the pod has is killed before its own limit is reached. */
export function heapProblems({
  image,
  stages,
  limit,
}: {
  image: KanikoCandidate;
  stages: readonly Stage[];
  /** As Kubernetes writes it; undefined: none. */
  limit?: string;
}): Problem[] {
  const bytes = limit === undefined ? undefined : quantity(limit);
  if (bytes === undefined) return [];
  const inArgs = heapIn(Object.values(image.args).join(' '));
  const inSteps = stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ keyword }) => ['RUN', 'ENV', 'ARG'].includes(keyword))
    .map(({ rest, line }) => ({ ...heapIn(rest), line }));
  const found = [{ ...inArgs, line: undefined }, ...inSteps].find(({ heap }) => heap >= bytes);
  if (found === undefined) return [];
  return [
    {
      code: 'kaniko/memory-limit',
      severity: 'error',
      message: `Image ${image.key}: the pod may use ${limit} of memory, and the build sets a heap that needs more: ${found.flag}.`,
      fix: `Set \`limits.memory\` of the builder to ${Math.ceil((found.heap * 1.25) / 2 ** 30)}Gi, a quarter above the heap, or lower the heap.`,
      image: image.key,
      ...(found.line !== undefined &&
        image.dockerfileInline === undefined && { place: { file: image.dockerfile, line: found.line } }),
    },
  ];
}

function heapIn(text: string): { heap: number; flag: string } {
  return HEAP_FLAGS.flatMap(({ pattern, unit }) =>
    [...text.matchAll(pattern)].map((match) => ({ heap: Number(match[1]) * unit(match), flag: match[0] })),
  ).reduce((most, each) => (each.heap > most.heap ? each : most), { heap: 0, flag: '' });
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: MEBI,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** Bytes: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ */
function quantity(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(?:e(\d+))?([kMGT]i?|Ki)?$/.exec(text);
  if (match === null) return undefined;
  const [, number, exponent = '0', unit = ''] = match;
  return Number(number) * 10 ** Number(exponent) * (UNITS[unit] ?? 1);
}
