import { inspect } from 'node:util';
import { redactor, Secret } from '../../src/lib/secret.js';

test('prints a secret as stars in String, JSON and inspect', () => {
  const secret = new Secret('hunter2');
  expect([String(secret), JSON.stringify({ secret }), inspect(secret)]).toEqual(['***', '{"secret":"***"}', '***']);
});

test('redacts secrets as plain text, single lines, base64, and URL-encoded', () => {
  const redact = redactor([new Secret('hunter2/deep'), new Secret('first line\nsecond line')]);
  expect(redact('hunter2/deep aHVudGVyMi9kZWVw hunter2%2Fdeep')).toBe('*** *** ***');
  expect(redact('the second line alone')).toBe('the *** alone');
});

describe('redaction in every format that programs print', () => {
  const value = 'p"ss w\\rd/+ä!~(1)';
  const redact = redactor([new Secret(value)]);
  const form = new URLSearchParams({ password: value }).toString();
  test.each([
    ['JSON', JSON.stringify({ password: value }), '{"password":"***"}'],
    ['a form', form, 'password=***'],
    ['a form with lower-case escapes', form.replaceAll(/%../g, (code) => code.toLowerCase()), 'password=***'],
    ['a URL', `https://u:${encodeURIComponent(value)}@host`, 'https://u:***@host'],
  ])('%s', (_, text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  test.each(['', 'a', 'me', 'bot', 'user-name'])('the base64 login of user "%s"', (user) => {
    for (const encoding of ['base64', 'base64url'] as const) {
      for (const after of ['', '\n', ':more'])
        expect(redact(`Basic ${Buffer.from(`${user}:${value}${after}`).toString(encoding)}, end`)).toBe(
          'Basic ***, end',
        );
    }
  });

  test('leaves base64 of other text unchanged', () => {
    const other = Buffer.from('user:another password').toString('base64');
    expect(redact(other)).toBe(other);
  });
});

test.each([
  ['https://blobs.example/1?sv=2&sig=ab%2Fc%3D&se=3 is gone', 'https://blobs.example/1?sv=2&sig=***&se=3 is gone'],
  ['https://s3.example/1?X-Amz-Signature=0a1b', 'https://s3.example/1?X-Amz-Signature=***'],
  ['{"text":"\\"https://b.example/?sig=abc\\""}', '{"text":"\\"https://b.example/?sig=***\\""}'],
  ['[log](https://b.example/?sig=abc).', '[log](https://b.example/?sig=***).'],
  ['sig=abc of a text is no URL', 'sig=abc of a text is no URL'],
])('redacts signatures in URLs and nothing else: %s', (text, expected) => {
  expect(redactor([])(text)).toBe(expected);
});
