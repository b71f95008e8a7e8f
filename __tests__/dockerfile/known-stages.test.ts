import { ACCEPTED, read } from './accepted.js';

test.each(Object.entries(ACCEPTED))(
  'finds the stages, and no doubt, in a Dockerfile with %s',
  (_, { text, stages, args }) => {
    expect(read(text, 't', args)).toMatchObject({ stages, images: [], doubts: [], unpinned: [] });
  },
);
