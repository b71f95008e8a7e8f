import { createApp } from './app.js';

const port = Number(process.env.PORT ?? 3000);
const server = createApp({ version: process.env.APP_VERSION ?? 'development' }).listen(port, () => {
  console.log(`acme-api listens on port ${server.address().port}`);
});

// Kubernetes sends SIGTERM and waits: finish what is being answered, take nothing new.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => server.close(() => process.exit(0)));
}
