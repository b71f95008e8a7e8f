const LONG = 'a'.repeat(100_000);
/** Unusual values for every argument that takes one. */
const JUNK = [
  '',
  ' ',
  '-',
  '--',
  '..',
  '/',
  '\n',
  'a\nb',
  '__proto__',
  'constructor',
  '%s%n',
  '$(reboot)',
  '\u202e\u001b[31m',
  LONG,
];

const IMAGES = [
  ...[
    'api',
    'api=',
    '=x:v1',
    'api=x',
    'api=x:',
    'api=:v1',
    'api=x:v1@',
    'api=x:v1@sha256:',
    'api=X:v1',
    'api=x@sha256:0',
  ],
  ...['api=http://x/y:v1', 'api=x:v1:v2', 'api=x/../y:v1', 'api=[::1]:99999/x:v1', 'nobody=x:v1', '__proto__=x/y:v1'],
  ...['api=x:v1\n', 'api=127.0.0.1:1/acme/api:v1 ', `api=x:${'v'.repeat(129)}`, `api=${LONG}:v1`],
];

/** Command lines for a valid site, grouped by kind. */
export const ARGUMENTS: readonly (readonly (readonly string[])[])[] = [
  [[]],
  JUNK.map((word) => [word]),
  ['plans', 'PLAN', 'toString', 'hasOwnProperty', 'kaniko', 'set', 'help', '--version=1', '-v', '-C'].map((word) => [
    word,
  ]),
  JUNK.map((word) => ['plan', '--offline', word]),
  ['--no-such', '--offline=yes', '--explain', '--explain=nobody', '--explain=__proto__', '--json=1'].map((word) => [
    'plan',
    word,
  ]),
  JUNK.slice(0, 12).map((value) => ['plan', '--offline', '--platforms', value]),
  JUNK.slice(0, 12).map((value) => ['plan', '--offline', '--tag', value]),
  ['Kaniko', '__proto__', 'remote\n', ''].map((value) => ['plan', '--offline', '--builder', value]),
  IMAGES.map((value) => ['deploy', '--no-registry-check', '--dry-run', '--image', value]),
  [['deploy', '--image', 'api=x/y:v1', '--image', 'api=x/y:v2']],
  [['deploy', ...Array.from({ length: 5000 }, (_, at) => ['--image', `k${at}=x/y:v1`]).flat()]],
  ['', 'HEAD', '-rf', '0'.repeat(65), 'zz'].map((value) => ['deploy', '--image', 'api=x/y:v1', '--source', value]),
  ['-1', '1e9', '9'.repeat(16), '\u0661', '0x1'].map((value) => ['deploy', '--image', 'api=x/y:v1', '--run', value]),
  ['../../heads/main', '', '-x', 'a b', LONG].map((value) => ['status', '--channel', value]),
  ['-0', '-1', `-${'9'.repeat(30)}`, 'HEAD~1', 'api=', 'nobody', '__proto__', ''].map((value) => [
    'rollback',
    '--dry-run',
    value,
  ]),
  [
    '/dev/zero',
    '/proc/self/environ',
    '/',
    '/nonexistent',
    '',
    '../../../../etc/passwd',
    'k8s',
    'api/x',
    'a\u0000b'.slice(0, 1),
  ].map((value) => ['plan', '--offline', '--config', value]),
  ['/nonexistent', '/proc', '/dev/null', 'api/x', '', '/'].map((value) => ['-C', value, 'plan']),
  ['/dev/zero', '/nonexistent', 'api'].map((value) => ['verify', '--trusted-root', value]),
  ['/dev/zero', '/dev/null', '/proc/self/mem', 'k8s/nothing', 'api', ''].map((value) => ['set', value, 'api=:v1']),
  JUNK.map((value) => ['set', 'k8s', value]),
  ['/etc', '../x', '', 'k8s\n'].map((value) => ['kaniko', 'init', '--output', value, '--dry-run']),
  ['file:///etc', 'ext::sh -c x', '', '-u'].map((value) => ['kaniko', 'init', '--repository', value, '--dry-run']),
];
