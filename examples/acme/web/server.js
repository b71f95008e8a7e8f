import { createServer } from 'node:http';
import sirv from 'sirv';

const files = sirv('dist', { etag: true });
const port = Number(process.env.PORT ?? 8080);
const server = createServer((request, response) => {
  if (request.url === '/healthz') {
    response.setHeader('content-type', 'application/json').end('{"status":"ok"}');
    return;
  }
  files(request, response, () => response.writeHead(404).end('Not found\n'));
});

server.listen(port, () => console.log(`acme-frontend listens on port ${server.address().port}`));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => server.close(() => process.exit(0)));
}
