import { assessStatus, type ChannelReading, type DeployedEntry } from '../../../src/deploy/status/status.js';
import type { Served } from '../../../src/deploy/status/status.js';
import { digestOf, sampleEntry, sampleLedger, sampleRelease } from '../ledger/fixtures.js';

export const API = { key: 'api', image: 'ghcr.io/acme/api' };
export const WEB = { key: 'web', image: 'ghcr.io/acme/web' };
export const tagOf = (number: number) => sampleRelease(number).tag;
export const IMAGE = 'ghcr.io/acme/api';
export const SERVED: Served = { status: 'served', digest: digestOf(3) };

export const says = (over: Partial<DeployedEntry> = {}): DeployedEntry => ({
  place: { file: 'k8s/kustomization.yml', line: 6, column: 5 },
  image: IMAGE,
  tag: sampleRelease(3).tag,
  ...over,
});

export function reading(over: Partial<ChannelReading> = {}, ...entries: DeployedEntry[]): ChannelReading {
  return {
    channel: 'main',
    branch: 'main',
    images: [{ key: 'api', image: IMAGE }],
    ledger: sampleLedger(sampleEntry('api', [3, 2, 1])),
    files: [{ key: 'api', path: 'k8s/kustomization.yml', entries: entries.length > 0 ? entries : [says()] }],
    problems: [],
    proposal: 'none',
    ...over,
  };
}

export const assess = (what: ChannelReading, served: Served = SERVED) => assessStatus(what, new Map([['api', served]]));
export const api = (what: ChannelReading, served?: Served) => assess(what, served).images[0]!;
export const codes = (what: ChannelReading, served?: Served) => api(what, served).problems.map(({ code }) => code);
