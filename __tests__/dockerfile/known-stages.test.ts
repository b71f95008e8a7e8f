import { ACCEPTED, read } from './accepted.js';

test.each(Object.entries(ACCEPTED))('and its stages are known: %s', (_, { text, stages, args }) => {
  expect(read(text, 't', args)).toMatchObject({ stages, images: [], doubts: [], unpinned: [] });
});
