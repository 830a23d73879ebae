import { isPrefetch } from '../../lib/handlers/prefetch.js';

const EARLY = [
  'prefetch',
  'prerender',
  'preview',
  'Prefetch',
  'prefetch;prerender',
  'prefetch;anonymous-client-ip',
  'prefetch, x',
  'x prefetch',
  'x,prefetch',
  'x; prefetch ',
  ': preview',
];
const OTHERS = ['', 'x', 'prefetching', 'noprefetch', 'pre-fetch', 'prefetch-x', 'x-preview'];

describe.each(['sec-purpose', 'purpose', 'x-purpose', 'x-moz'])('isPrefetch() for %s', (field) => {
  it.each(EARLY)('is true for %j', (value) => {
    expect(isPrefetch({ headers: { [field]: value } })).toBe(true);
  });

  it.each(OTHERS)('is false for %j', (value) => {
    expect(isPrefetch({ headers: { [field]: value } })).toBe(false);
  });
});

it('isPrefetch() is false without such a field', () => {
  expect(isPrefetch({ headers: {} })).toBe(false);
  expect(isPrefetch({ headers: { 'x-other': 'prefetch' } })).toBe(false);
});
