import { inspect } from 'node:util';
import { redactor, Secret } from '../../src/lib/secret.js';

test('a secret prints as stars in every formatter and in JSON', () => {
  const secret = new Secret('hunter2');
  expect([String(secret), JSON.stringify({ secret }), inspect(secret)]).toEqual([
    '***',
    '{"secret":"***"}',
    '***',
  ]);
});

test('secrets are taken out of a text as they are, line by line, in base64 and encoded for URLs', () => {
  const redact = redactor([new Secret('hunter2/deep'), new Secret('first line\nsecond line')]);
  expect(redact('hunter2/deep aHVudGVyMi9kZWVw hunter2%2Fdeep')).toBe('*** *** ***');
  expect(redact('the second line alone')).toBe('the *** alone');
});

test.each([
  [
    'https://blobs.example/1?sv=2&sig=ab%2Fc%3D&se=3 is gone',
    'https://blobs.example/1?sv=2&sig=***&se=3 is gone',
  ],
  ['https://s3.example/1?X-Amz-Signature=0a1b', 'https://s3.example/1?X-Amz-Signature=***'],
  ['{"text":"\\"https://b.example/?sig=abc\\""}', '{"text":"\\"https://b.example/?sig=***\\""}'],
  ['[log](https://b.example/?sig=abc).', '[log](https://b.example/?sig=***).'],
  ['sig=abc of a text is no URL', 'sig=abc of a text is no URL'],
])('so are the signatures of URLs, and nothing beside them: %s', (text, expected) => {
  expect(redactor([])(text)).toBe(expected);
});
