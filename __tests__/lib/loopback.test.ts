import { mayLeadTo } from '../../src/lib/loopback.js';

const PUBLIC = ['ghcr.io', 'registry.example.com:5000', '8.8.8.8', '[2606:4700::1]'];
const PRIVATE = [
  ...[
    '10.0.0.5',
    '192.168.1.1:5000',
    '172.31.0.1',
    '169.254.169.254',
    '100.64.0.1',
    'nas.local',
    'metadata.google.internal',
  ],
  ...[
    'registry.infra.svc',
    'registry.infra.svc.cluster.local',
    '[fd00::1]',
    '[fe80::1]',
    '[::ffff:a00:5]',
    '[::ffff:c0a8:101]',
  ],
];
const LOOPBACK = ['localhost', 'app.localhost:80', '127.0.0.1:5000', '0.0.0.0', '[::1]', '[::]', '[::ffff:7f00:1]'];

test('a server may not lead its clients to a network closer to them than its own', () => {
  const wrong = (from: string[], to: string[], allowed: boolean) =>
    from.flatMap((a) => to.filter((b) => mayLeadTo(a, b) !== allowed).map((b) => `${a} → ${b}`));
  expect(wrong(PUBLIC, PUBLIC, true)).toEqual([]);
  expect(wrong(PUBLIC, [...PRIVATE, ...LOOPBACK], false)).toEqual([]);
  expect(wrong(PRIVATE, [...PUBLIC, ...PRIVATE], true)).toEqual([]);
  expect(wrong(PRIVATE, LOOPBACK, false)).toEqual([]);
  expect(wrong(LOOPBACK, [...PUBLIC, ...PRIVATE, ...LOOPBACK], true)).toEqual([]);
});

test('recognizes other spellings of a loopback address', () => {
  for (const spelling of ['http://2130706433/', 'http://0x7f.1/', 'http://127.1/', 'http://[0:0:0:0:0:0:0:1]/']) {
    expect(mayLeadTo('ghcr.io', new URL(spelling).host)).toBe(false);
  }
});
