import { parseRemote } from '../../src/facts/git-remote.js';

const shop = { repository: 'Acme-Corp/Shop', url: 'https://github.com/Acme-Corp/Shop' };

test.each([
  ['https://github.com/Acme-Corp/Shop.git', shop],
  ['https://github.com/Acme-Corp/Shop', shop],
  ['https://github.com/Acme-Corp/Shop/', shop],
  ['https://x-access-token:ghs_secret@github.com/Acme-Corp/Shop.git', shop],
  ['git@github.com:Acme-Corp/Shop.git', shop],
  ['github.com:Acme-Corp/Shop', shop],
  ['ssh://git@github.com/Acme-Corp/Shop.git', shop],
  ['ssh://git@ssh.github.com:443/Acme-Corp/Shop.git', shop],
  ['git://github.com/Acme-Corp/Shop.git', shop],
  [
    'git@ghe.example.org:Acme-Corp/Shop.git',
    { repository: 'Acme-Corp/Shop', url: 'https://ghe.example.org/Acme-Corp/Shop' },
  ],
  [
    'https://ghe.example.net:8443/Acme-Corp/Shop.git',
    { repository: 'Acme-Corp/Shop', url: 'https://ghe.example.net:8443/Acme-Corp/Shop' },
  ],
  [
    'http://ghe.example.net:8443/Acme-Corp/Shop.git',
    { repository: 'Acme-Corp/Shop', url: 'http://ghe.example.net:8443/Acme-Corp/Shop' },
  ],
  [
    'git@ghe.example.net:Acme-Corp/Shop.git',
    { repository: 'Acme-Corp/Shop', url: 'https://ghe.example.net:8443/Acme-Corp/Shop' },
  ],
  ['https://ghe.example.net/Acme-Corp/Shop', { url: 'https://ghe.example.net/Acme-Corp/Shop' }],
  [
    'https://developer:s3cret@git.example.org/team/shop.git?token=s3cret#s3cret',
    { url: 'https://git.example.org/team/shop.git' },
  ],
  ['https://s3cret@git.example.org/team/shop.git', { url: 'https://git.example.org/team/shop.git' }],
  ['ssh://git:s3cret@git.example.org:2222/team/shop.git', { url: 'ssh://git@git.example.org:2222/team/shop.git' }],
  ['git@git.example.org:team/sub/shop.git', { url: 'ssh://git@git.example.org/team/sub/shop.git' }],
  ['/srv/git/shop.git', {}],
  ['../shop.git', {}],
  ['./a:b/shop.git', {}],
  ['file:///srv/git/shop.git', {}],
  ['C:\\git\\shop.git', {}],
  ['', {}],
])('parses the remote %s', (remote, expected) => {
  expect(parseRemote(remote, ['github.com', 'ghe.example.org', 'ghe.example.net:8443'])).toEqual(expected);
});
