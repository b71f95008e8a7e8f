// Renders pages/*.md to dist/*.html. As with Next.js, what is named NEXT_PUBLIC_… is fixed at build time
// and ends up in what the browser gets.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { marked } from 'marked';

const apiUrl = process.env.NEXT_PUBLIC_API_URL || 'http://localhost:3000';
const client = `
const list = document.querySelector('#products');
if (list) {
  const products = await (await fetch(${JSON.stringify(`${apiUrl}/products`)})).json();
  for (const { name, price } of products) {
    const item = document.createElement('li');
    item.textContent = name + ': ' + price;
    list.append(item);
  }
}
`;

await mkdir('dist', { recursive: true });
await writeFile('dist/client.js', client.trimStart());
for (const name of await readdir('pages')) {
  const body = await marked.parse(await readFile(`pages/${name}`, 'utf8'));
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Acme</title>
<script type="module" src="/client.js"></script>
<body>
${body}</body>
</html>
`;
  await writeFile(`dist/${name.replace(/\.md$/, '.html')}`, page);
}
console.log(`Built for the API at ${apiUrl}`);
