import express from 'express';

const PRODUCTS = [
  { id: 'anvil', name: 'Anvil', price: 120 },
  { id: 'rocket-skates', name: 'Rocket skates', price: 340 },
];

/** @param {{version: string}} about what /healthz reports */
export function createApp({ version }) {
  const app = express();
  app.disable('x-powered-by');

  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok', version });
  });

  app.get('/products', (_request, response) => {
    response.json(PRODUCTS);
  });

  app.get('/products/:id', (request, response) => {
    const product = PRODUCTS.find(({ id }) => id === request.params.id);
    if (product) response.json(product);
    else response.status(404).json({ error: `No product ${request.params.id}` });
  });

  return app;
}
