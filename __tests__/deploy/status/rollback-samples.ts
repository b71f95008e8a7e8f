import { sampleRelease } from '../ledger/ledger-samples.js';

export const API = { key: 'api', image: 'ghcr.io/acme/api' };
export const WEB = { key: 'web', image: 'ghcr.io/acme/web' };
export const tagOf = (number: number) => sampleRelease(number).tag;
