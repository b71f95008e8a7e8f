import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createApp } from './app.js';

let server;
let base;
before(async () => {
  server = createApp({ version: '1.2.3' }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  base = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

test('health answers with the version', async () => {
  const response = await fetch(`${base}/healthz`);
  assert.deepEqual(await response.json(), { status: 'ok', version: '1.2.3' });
});

test('an unknown product is a 404', async () => {
  assert.equal((await fetch(`${base}/products/none`)).status, 404);
});
