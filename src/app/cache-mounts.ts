import type { MountCarrier } from '../builders/buildx/cache/mount-carrier.js';
import { createCacheService } from '../builders/buildx/cache/service.js';
import type { Config } from '../config/config.js';
import { parseDockerfile } from '../dockerfile/parse.js';
import type { Setting } from './run-context.js';

/** @returns undefined where the contents of cache mounts stay with the builder */
export function connectCacheMounts(setting: Setting, { cacheMounts }: Config): MountCarrier | undefined {
  const { environment, cacheProgram, env, platform, signal } = setting;
  if (cacheMounts === 'off' || cacheProgram === undefined) return undefined;
  if (environment.kind !== 'actions' || !environment.cacheService) return undefined;
  return {
    service: createCacheService({ program: cacheProgram, env, mode: environment.cacheMode, signal }),
    maxSize: cacheMounts.maxSize,
    machine: platform.replaceAll('/', '-'),
    parse: parseDockerfile,
  };
}
