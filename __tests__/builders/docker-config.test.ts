import { withLogins } from '../../src/builders/docker-config.js';
import { AUTH, LOGIN } from './fixtures/docker-home.js';

describe("adding logins to the user's configuration", () => {
  test.each([
    ['fills an empty configuration', {}, [], { auths: { 'ghcr.io': AUTH }, credHelpers: {} }],
    [
      'keeps other entries',
      {
        auths: { 'registry.example.org': { auth: 'x' } },
        HttpHeaders: { a: 'b' },
        currentContext: 'c',
        proxies: {},
      },
      [],
      {
        auths: { 'registry.example.org': { auth: 'x' }, 'ghcr.io': AUTH },
        credHelpers: {},
        HttpHeaders: { a: 'b' },
        currentContext: 'c',
        proxies: {},
      },
    ],
    [
      'replaces an older login and helper for the same host',
      {
        auths: { 'https://ghcr.io': { auth: 'old' } },
        credHelpers: { 'ghcr.io': 'pass', 'quay.io': 'pass' },
      },
      [],
      { auths: { 'ghcr.io': AUTH }, credHelpers: { 'quay.io': 'pass' } },
    ],
    [
      'keeps the credential store for the other hosts that it knows',
      { auths: { 'quay.io': {}, 'ghcr.io': {} }, credsStore: 'desktop', credHelpers: { 'gcr.io': 'gcloud' } },
      ['https://index.docker.io/v1/', 'gcr.io', 'ghcr.io'],
      {
        auths: { 'quay.io': {}, 'ghcr.io': AUTH },
        credHelpers: { 'quay.io': 'desktop', 'https://index.docker.io/v1/': 'desktop', 'gcr.io': 'gcloud' },
      },
    ],
  ])('%s', (_, config, stored, expected) => {
    expect(withLogins(config, [LOGIN], stored)).toEqual(expected);
  });

  test.each(['docker.io', 'index.docker.io', 'registry-1.docker.io'])(
    'stores a login for %s under the key that docker reads',
    (host) => {
      const config = withLogins(
        { auths: { 'https://index.docker.io/v1/': { auth: 'old' } } },
        [{ ...LOGIN, host }],
        [],
      );
      expect(config.auths).toEqual({ 'https://index.docker.io/v1/': AUTH });
    },
  );
});
