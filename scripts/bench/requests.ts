import { join } from 'node:path';
import { startCountedReleases, type CountedReleases, type Counts } from '../../lab/counted-releases.js';
import type { RoundTrips } from '../../testing/round-trips.js';
import { startSharedLab } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';
import { note } from './report.js';

/** A registry and GitHub as far away as they usually are; counts don't depend on it. */
const DELAY_MS = { registry: 60, github: 150 };

/**
 * Counts what a release of examples/acme asks of registry and GitHub, next to docker's tools and git doing the same: two
 * builds with attestations, both tags of each image, and a commit that changes the Kustomization.
 */
export async function benchRequests(): Promise<void> {
  const shared = await startSharedLab();
  const site = await startCountedReleases(shared.lab, { dir: join(shared.dir, 'counted'), delayMs: DELAY_MS });
  try {
    const tools = dockerTools(site, join(shared.dir, 'plain'));
    const compare = async (claim: string, ours: Counts, theirs: () => Promise<unknown>, bar?: string) => {
      const { registry, builder, github, seconds } = await site.count(theirs);
      const all = [registry, builder].reduce((sum, each) => ({
        requests: sum.requests + each.requests,
        rounds: sum.rounds + each.rounds,
      }));
      note({
        claim: `${claim}: requests and sequential rounds, ${DELAY_MS.registry} ms from the registry and ${DELAY_MS.github} ms from GitHub`,
        result: [
          `registry ${show(ours.registry)}${ours.builder.requests > 0 ? ` and the build's ${show(ours.builder)}` : ''}, GitHub ${show(ours.github)}`,
          `instead registry ${show(all)}, git ${show(github)}`,
          `${(ours.seconds / seconds).toFixed(2)} of the time, ${ours.seconds.toFixed(2)} s against ${seconds.toFixed(2)} s`,
        ].join('; '),
        ...(bar !== undefined && { bar }),
      });
    };
    const first = await site.job();
    await compare('Both images changed', first.counts, () => tools.release('first'));
    const unchanged: Counts[] = [];
    for (let runs = 0; runs < 5; runs++) {
      await site.push();
      unchanged.push((await site.job()).counts);
    }
    await compare(
      'Two images that did not change',
      unchanged.toSorted((one, other) => one.seconds - other.seconds)[2]!,
      () => tools.release('unchanged'),
      'registry ≤ 28 in ≤ 8, GitHub ≤ 6 in ≤ 3, ≤ 1.5 s',
    );
    await site.push('web/pages/index.md');
    await compare(
      'One of two images changed',
      (await site.job()).counts,
      () => tools.release('one'),
      "registry ≤ 10 rounds in addition to the build's, GitHub ≤ 12 in ≤ 6",
    );
    await site.push('web/pages/products.md');
    const { outputs } = await site.job({ deploy: 'false' });
    const { counts } = await site.job({ published: outputs['images']! });
    await compare('Deploy alone', counts, () => tools.deploy('one'), 'registry ≤ 8 in ≤ 5, GitHub ≤ 8 in ≤ 5');
  } finally {
    await site.stop();
    await shared.stop();
  }
}

const show = ({ requests, rounds }: RoundTrips) => `${requests} in ${rounds}`;

/** What people write without image-release. */
function dockerTools({ acme, lab, cloneUrl }: CountedReleases, dir: string) {
  const env = { PATH: process.env['PATH'], HOME: dir, DOCKER_HOST: lab.dockerHost, BUILDX_CONFIG: join(dir, 'buildx') };
  const image = (key: string) => `${lab.registry}/plain/${key}`;
  const shell = async (script: string) => {
    const { code, stderr } = await run('sh', ['-e', '-c', script], { cwd: acme.dir, env });
    if (code !== 0) throw new Error(stderr.toString());
  };
  const attested = `--sbom=generator=${lab.scanner} --provenance=mode=max`;
  const base = `--build-context=node:24-alpine=docker-image://${lab.baseNode}`;
  const build = (key: string, tag: string) =>
    `docker buildx build ${base} ${attested} --push -t ${image(key)}:${tag} -t ${image(key)}:latest ${key}`;
  const commit = (
    tag: string,
  ) => `mkdir -p ${dir} && rm -rf ${dir}/clone && git clone --quiet --depth 1 ${cloneUrl} ${dir}/clone
    echo '# ${tag}' >> ${dir}/clone/k8s/kustomization.yml
    git -C ${dir}/clone -c user.name=bench -c user.email=bench@example.org commit --quiet --all --message Deploy
    git -C ${dir}/clone push --quiet`;
  const inspect = (key: string, tag: string) => `docker buildx imagetools inspect ${image(key)}:${tag}`;
  return {
    release: (tag: string) => shell([build('api', tag), build('web', tag), commit(tag)].join('\n')),
    deploy: (tag: string) => shell([inspect('api', tag), inspect('web', tag), commit(`${tag} again`)].join('\n')),
  };
}
