import { bakePrintSchema, readBakeImages } from '../../src/config/bake-images.js';
import { loadConfig } from '../../src/config/load.js';

const HCL = {
  path: 'docker-bake.hcl',
  text: 'variable "V" {}\ntarget "api" {\n}\ntarget "Web" {\n}\n',
};

export function read(print: object, yaml = 'bake: docker-bake.hcl') {
  const config = loadConfig({ text: yaml, origin: 'image-release.yml' });
  return readBakeImages(config, bakePrintSchema.parse(print), [HCL], '/repository');
}

/** A single target `api`, as the one that was asked for. */
export const one = (target: object, yaml?: string) => {
  const { config, problems } = read(
    { group: { default: { targets: ['api'] } }, target: { api: target } },
    yaml,
  );
  return { image: config.images[0]!, problems, config };
};
