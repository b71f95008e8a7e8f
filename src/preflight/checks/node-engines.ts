import { posix } from 'node:path';
import type { TextFile } from '../../facts/build-files-checkout.js';
import type { Problem } from '../../lib/errors.js';
import { forEachImage, type Check, type ReleaseScene } from '../check.js';
import { copiedBy, takes } from '../node/copied.js';
import { installsOf, type Installed } from '../node/installs.js';
import { isOlder, nodeOf, type NodeVersion } from '../node/node-version.js';
import { lockedPackages, projectsIn, type NodeProject } from '../node/projects.js';
import { certainRecipe, finalStage, type ImageScene, type Recipe } from '../scene.js';

/** Whether the Node.js of the base images is new enough for what is installed on it. */
export const NODE_ENGINE_CHECKS: readonly Check[] = [
  {
    codes: ['preflight/node-too-old'],
    finds:
      'The base image’s Node.js is older than the `engines` of package.json or of the packages that package-lock.json (2, 3) or pnpm-lock.yaml installs; with yarn.lock, which holds no `engines`, of what is installed in the checkout. An error for the project itself and the dependencies that it names; a warning for the rest, for development dependencies and for `.nvmrc`. Optional packages don’t count.',
    run: forEachImage(checkEngines),
  },
];

/** Something that needs a Node.js. */
interface Demand {
  /** `next@16.0.0`, `package.json of api`. */
  by: string;
  node: string;
  severity: Problem['severity'];
  use: 'runtime' | 'development';
}

function checkEngines(scene: ImageScene, { facts }: ReleaseScene): Problem[] {
  const recipe = certainRecipe(scene);
  if (!recipe) return [];
  const files = facts.checkout.node;
  const projects = copiedProjects(scene, recipe, files);
  if (projects.length === 0) return [];
  const judged = recipe.stages.flatMap((stage) => {
    const root = recipe.rootImage(stage);
    const base = recipe.base(stage);
    const node = root && nodeOf(root.reference, base === 'scratch' ? undefined : base);
    const installs = installsOf(recipe, stage);
    if (!root || !node || (installs.modules === 'none' && stage !== finalStage(recipe))) return [];
    return [{ root, node, installs }];
  });
  if (judged.length === 0) return [];
  const demands = projects.flatMap((project) => demandsOf(project, files));
  const found = judged.flatMap(({ root, node, installs }) => {
    const unmet = demands.filter((demand) => counts(demand, installs) && isOlder(node, demand.node));
    return unmet.length === 0 ? [] : [{ root, node, unmet }];
  });
  const [worst] = [...found].sort((a, b) => weight(b.unmet) - weight(a.unmet) || a.root.line - b.root.line);
  return worst ? [mismatch(scene, recipe, worst, found)] : [];
}

const weight = (demands: readonly Demand[]) => (demands.some(({ severity }) => severity === 'error') ? 1 : 0);

function counts({ use }: Demand, { modules }: Installed): boolean {
  return use === 'runtime' || modules === 'development';
}

/** Projects whose package.json gets into a stage of the image. */
function copiedProjects(
  { image, files }: ImageScene,
  recipe: Recipe,
  node: readonly TextFile[],
): NodeProject[] {
  if (files?.context === 'remote') return [];
  const sources = recipe.stages.flatMap(({ instructions }) =>
    instructions.flatMap((one) => copiedBy(one).sources),
  );
  const all = projectsIn(image.context, node).filter(({ folder }) =>
    takes(sources, posix.join(posix.relative(image.context, folder), 'package.json')),
  );
  // With the whole context come examples and fixtures, too: what lies below a project counts by its lockfile alone.
  return all.filter(
    ({ folder }) => !all.some((other) => other.folder !== folder && isAbove(other.folder, folder)),
  );
}

function isAbove(folder: string, below: string): boolean {
  return folder === '.' || below.startsWith(`${folder}/`);
}

function demandsOf(project: NodeProject, files: readonly TextFile[]): Demand[] {
  const { folder, manifest, nvmrc } = project;
  const named = (name: string) => posix.join(folder, name);
  const pinned = /^\s*v?(\d+(?:\.\d+){0,2})\s*$/.exec(nvmrc ?? '')?.[1];
  const major = pinned?.split('.')[0];
  return [
    ...(manifest.node === undefined
      ? []
      : [
          {
            by: named('package.json'),
            node: manifest.node,
            severity: 'error' as const,
            use: 'runtime' as const,
          },
        ]),
    ...(major === undefined
      ? []
      : [{ by: named('.nvmrc'), node: `>=${major}`, severity: 'warning' as const, use: 'runtime' as const }]),
    ...lockedPackages(project, files).map(({ name, version, node, use, depth }) => ({
      by: `${name}@${version}`,
      node,
      severity: use === 'runtime' && depth === 'direct' ? ('error' as const) : ('warning' as const),
      use,
    })),
  ];
}

interface Finding {
  root: { reference: string; line: number };
  node: NodeVersion;
  unmet: Demand[];
}

function mismatch(scene: ImageScene, recipe: Recipe, worst: Finding, all: readonly Finding[]): Problem {
  const { image } = scene;
  const errors = worst.unmet.filter(({ severity }) => severity === 'error');
  const [first, ...rest] = [...errors, ...worst.unmet.filter(({ severity }) => severity !== 'error')];
  const place = recipe.place(worst.root.line);
  const where = place.line === undefined ? place.file : `${place.file}:${place.line}`;
  const has =
    'exact' in worst.node && !worst.root.reference.includes(worst.node.exact) ? ` (${worst.node.exact})` : '';
  const lines = [...new Set(all.map(({ root }) => root.line))].filter((line) => line !== worst.root.line);
  return {
    code: 'preflight/node-too-old',
    severity: first!.severity,
    image: image.key,
    place,
    message: `${first!.by} needs node ${first!.node}, ${where} says ${worst.root.reference}${has}.`,
    fix: `Raise the version in the FROM line${lines.length > 0 ? ` (also in line ${lines.join(', ')})` : ''}, or hold ${first!.by.replace(/@[^@]*$/, '')} at a version for this Node.js.`,
    ...(rest.length > 0 && { detail: detailOf(rest) }),
  };
}

const SHOWN = 10;

function detailOf(demands: readonly Demand[]): string {
  const lines = demands.slice(0, SHOWN).map(({ by, node }) => `${by} needs node ${node}`);
  return [...lines, ...(demands.length > SHOWN ? [`and ${demands.length - SHOWN} more`] : [])].join('\n');
}
